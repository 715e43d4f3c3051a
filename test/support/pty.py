# Runs a program in a terminal of its own, for test/support/pty.ts: python3 pty.py ROWS COLUMNS COMMAND...
# Lines of JSON on standard input: {"keys": "..."}, {"size": [rows, columns]}, {"signal": n}. What the program writes to its
# terminal comes on standard output; in the end one line of JSON on standard error: how it ended, and how it left the terminal.
import fcntl, json, os, select, signal, struct, sys, termios

rows, columns, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
master, slave = os.openpty()


def resize(size):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', size[0], size[1], 0, 0))


resize([rows, columns])
before = termios.tcgetattr(slave)
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.close(master)
    os.execvp(command[0], command)


def relay():
    data = os.read(master, 65536)
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


pending = b''
is_open = True
status = None
while status is None:
    ready, _, _ = select.select([master] + ([0] if is_open else []), [], [], 0.05)
    if master in ready:
        relay()
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            is_open = False
            os.kill(child, signal.SIGKILL)
        *lines, pending = (pending + data).split(b'\n')
        for line in lines:
            order = json.loads(line)
            if 'keys' in order:
                os.write(master, order['keys'].encode('latin1'))
            if 'size' in order:
                resize(order['size'])
                os.kill(child, signal.SIGWINCH)
            if 'signal' in order:
                os.kill(child, order['signal'])
    ended, how = os.waitpid(child, os.WNOHANG)
    if ended:
        status = how
while select.select([master], [], [], 0.2)[0]:
    relay()
code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
is_restored = termios.tcgetattr(slave)[:4] == before[:4]
print(json.dumps({'code': code, 'pid': child, 'isRestored': is_restored}), file=sys.stderr)
