/* unix_socket.h - stream sockets with names, and descriptors passed over them.
 *
 * Limits    : a path may be longer than the 107 bytes of a socket address; its last component may not.
 * Ownership : descriptors returned are the caller's, O_CLOEXEC; passed ones stay the sender's as well.
 * Errors    : negative errno; -ENOMSG when a message came without a descriptor, -ECONNRESET at its end.
 * Source    : unix(7), cmsg(3). */
#ifndef KEG_BASE_UNIX_SOCKET_H
#define KEG_BASE_UNIX_SOCKET_H

int unix_socket_connect(const char *path);

/* One descriptor with `text` as the message's data (at least a byte). */
int unix_socket_send_fd(int socket_fd, int fd, const char *text);
int unix_socket_receive_fd(int socket_fd);

#endif
