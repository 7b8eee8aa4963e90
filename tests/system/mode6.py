# SPDX-License-Identifier: BSD-2-Clause
"""Control messages as other programs speak them: a client of twelve octets and
a parser of a few lines, so that nothing here shares a mistake with ours."""
from harness import PATIENCE
import re
import socket
import struct

READSTAT, READVAR, WRITEVAR, READ_ORDLIST = 1, 2, 3, 11
FRAGMENT = 468


class Reply:
    """One datagram taken apart."""

    def __init__(self, data):
        (self.first, self.op, self.seq, self.status, self.assoc, self.offset,
         self.count) = struct.unpack_from("!BBHHHHH", data)
        self.leap, self.version, self.mode = (
            self.first >> 6, self.first >> 3 & 7, self.first & 7)
        self.response, self.error, self.more = (
            bool(self.op & 0x80), bool(self.op & 0x40), bool(self.op & 0x20))
        self.opcode, self.code = self.op & 31, self.status >> 8
        self.data = data[12:12 + self.count]
        self.length = len(data)


def message(opcode, assoc=0, data=b"", seq=1, version=2):
    padding = b"\0" * (-len(data) % 4)
    return struct.pack("!BBHHHHH", version << 3 | 6, opcode, seq, 0, assoc, 0,
                       len(data)) + data + padding


class Client:
    def __init__(self, port, address="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((address, port))
        self.seq = 0

    def send(self, *args, **fields):
        self.socket.send(message(*args, **fields))

    def receive(self):
        try:
            return Reply(self.socket.recv(4096))
        except OSError:
            return None

    def fragments(self, opcode, assoc=0, data=b"", version=2):
        """All datagrams of one reply, as they came."""
        self.seq += 1
        self.send(opcode, assoc, data, self.seq, version)
        got = []
        while not got or got[-1].more:
            reply = self.receive()
            if reply is None:
                break
            if reply.seq == self.seq:
                got.append(reply)
        return got

    def text(self, opcode, assoc=0, data=b"", version=2):
        return b"".join(f.data for f in sorted(
            self.fragments(opcode, assoc, data, version),
            key=lambda f: f.offset))

    def associations(self):
        """[(id, status word)]"""
        data = self.text(READSTAT)
        return [struct.unpack_from("!HH", data, i)
                for i in range(0, len(data) - 3, 4)]

    def variables(self, assoc=0, names=""):
        """The reply as a dictionary of what stands left and right of '='."""
        text = self.text(READVAR, assoc, names.encode()).decode("ascii")
        return {k.strip(): v.strip().strip('"')
                for k, v in re.findall(r'([^=,]+)=("[^"]*"|[^,]*)', text)}
