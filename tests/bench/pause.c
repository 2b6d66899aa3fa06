/* pause.c - the container's program between `start` and `kill`: waits for a signal, for good. */
#include <unistd.h>

int main(void)
{
	for (;;)
		pause();
}
