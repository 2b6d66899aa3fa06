/* true.c - the container's program in timed runs: the least a program of the C library can do. */
int main(void)
{
	return 0;
}
