# resolve.py host NAME: addresses, one a line.
import socket
import sys

for address in sorted({one[4][0] for one in socket.getaddrinfo(sys.argv[2], None)}):
    print(address)
