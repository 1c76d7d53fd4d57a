"""A small IMAP server (RFC 3501) with one mailbox, as far as `outbox.bounce_mailbox` speaks it."""

import re
import socketserver
from contextlib import contextmanager
from threading import Thread

UID = re.compile(rb"UID (\w+) (\d+)?")


class Inbox(socketserver.ThreadingTCPServer):
    """Its messages by UID, and which of them are marked as seen."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Session)
        self.messages: dict[int, bytes] = {}
        self.seen: set[int] = set()
        self.password = "secret"

    @property
    def port(self) -> int:
        return self.server_address[1]

    def receive(self, message: bytes):
        self.messages[len(self.messages) + 1] = message


class Session(socketserver.StreamRequestHandler):
    server: Inbox

    def handle(self):
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, _space, command = line.strip().partition(b" ")
            untagged, outcome = self.answer(command)
            self.wfile.write(b"".join(untagged) + tag + b" " + outcome + b"\r\n")
            if command == b"LOGOUT":
                return

    def answer(self, command: bytes) -> tuple[list[bytes], bytes]:
        if command.startswith(b"LOGIN"):
            right = self.server.password.encode() in command
            return [], b"OK done" if right else b"NO [AUTHENTICATIONFAILED] wrong"
        if command == b"CAPABILITY":
            return [b"* CAPABILITY IMAP4rev1\r\n"], b"OK done"
        if command.startswith(b"SELECT"):
            return [b"* %d EXISTS\r\n" % len(self.server.messages)], b"OK [READ-WRITE] done"
        if found := UID.match(command):
            return self.uid(found[1], found[2]), b"OK done"
        return [], b"OK done"

    def uid(self, verb: bytes, number: bytes | None) -> list[bytes]:
        if verb == b"SEARCH":
            unseen = [b" %d" % uid for uid in self.server.messages if uid not in self.server.seen]
            return [b"* SEARCH" + b"".join(unseen) + b"\r\n"]
        uid = int(number or 0)
        if verb == b"STORE":
            self.server.seen.add(uid)
            return []
        content = self.server.messages[uid]
        return [b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n" % (uid, uid, len(content)), content, b")\r\n"]


@contextmanager
def running_inbox():
    with Inbox() as inbox:
        Thread(target=inbox.serve_forever, daemon=True).start()
        yield inbox
        inbox.shutdown()
