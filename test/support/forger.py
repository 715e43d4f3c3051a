# A name server in whose name somebody forges: before its answer to a name that begins with `forged` come replies with all
# wrong ids, 64 of them in one system call. Prints its port, then how many it has forged so far.
import socket
import struct
import threading

IPPROTO_UDP, UDP_SEGMENT = 17, 103
BATCH = 64
RIGHT, FORGED = bytes([192, 0, 2, 80]), bytes([203, 0, 113, 66])


def end_of(query):
    place = 12
    while query[place] != 0:
        place += query[place] + 1
    return place + 5


def reply(query, address):
    record = struct.pack(">HHHIH", 0xC00C, 1, 1, 300, 4) + address
    head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0)
    return head + query[12 : end_of(query)] + record


def forge(udp, query, client):
    """Every id but the right one."""
    right = struct.unpack(">H", query[:2])[0]
    rest = reply(query, FORGED)[2:]
    ids = [right ^ i for i in range(1, 65536)]
    size = [(IPPROTO_UDP, UDP_SEGMENT, struct.pack("=H", len(rest) + 2))]
    for start in range(0, len(ids), BATCH):
        packets = [struct.pack(">H", one) + rest for one in ids[start : start + BATCH]]
        udp.sendmsg([b"".join(packets)], size, 0, client)
    return len(ids)


def serve_tcp(listener):
    while True:
        threading.Thread(target=talk, args=listener.accept()[:1], daemon=True).start()


def talk(connection):
    stream = connection.makefile("rb")
    while True:
        length = stream.read(2)
        if len(length) < 2:
            return
        message = reply(stream.read(struct.unpack(">H", length)[0]), RIGHT)
        connection.sendall(struct.pack(">H", len(message)) + message)


udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 0))
tcp = socket.create_server(udp.getsockname())
threading.Thread(target=serve_tcp, args=(tcp,), daemon=True).start()
print("port", udp.getsockname()[1], flush=True)
seen, total = set(), 0
while True:
    query, client = udp.recvfrom(4096)
    question = query[12 : end_of(query)]
    if question[1:7] == b"forged" and question not in seen:
        seen.add(question)
        total += forge(udp, query, client)
        print("forged", total, flush=True)
    udp.sendto(reply(query, RIGHT), client)
