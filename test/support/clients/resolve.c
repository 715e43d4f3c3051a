// resolve host NAME: the addresses that getaddrinfo finds, one a line.
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>

int main(int argc, char **argv) {
  if (argc != 3 || strcmp(argv[1], "host") != 0) return 2;
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all;
  int error = getaddrinfo(argv[2], NULL, &hints, &all);
  if (error != 0) {
    fprintf(stderr, "%s\n", gai_strerror(error));
    return 1;
  }
  for (struct addrinfo *one = all; one != NULL; one = one->ai_next) {
    char text[NI_MAXHOST];
    getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
    puts(text);
  }
  freeaddrinfo(all);
  return 0;
}
