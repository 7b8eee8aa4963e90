# SPDX-License-Identifier: BSD-2-Clause
"""A mode 6 server that is a table: what ntpq shows of fixed replies, and of
hostile ones, is tested with it."""
from harness import NTP_UNIX
import hashlib
import socket
import struct
import threading
import time

READSTAT, READVAR, WRITEVAR, READCLOCK = 1, 2, 3, 4
CONFIGURE, SAVECONFIG, READ_MRU, READ_ORDLIST, REQ_NONCE = 8, 9, 10, 11, 12
NEED_KEY = (WRITEVAR, CONFIGURE, SAVECONFIG, READ_ORDLIST)
KEY_ID, SECRET = 7, b"golden-secret"
FRAGMENT = 468


class Error(Exception):
    """Answer with this error code."""


class Fake:
    """ANSWER(opcode, associd, data) gives (status, text) or raises Error; a
    function in place of the text makes datagrams of the request."""

    def __init__(self, answer, port=0):
        self.answer = answer
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        self.target = "127.0.0.1:%d" % self.port
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self):
        while True:
            packet, client = self.socket.recvfrom(4096)
            for reply in self.reply(packet):
                self.socket.sendto(reply, client)

    def reply(self, packet):
        opcode, = struct.unpack_from("!x B", packet)
        associd, = struct.unpack_from("!H", packet, 6)
        count, = struct.unpack_from("!H", packet, 10)
        data = packet[12:12 + count].decode()
        try:
            if opcode in NEED_KEY and not is_signed(packet, count):
                raise Error(1)
            answer = self.answer(opcode, associd, data)
        except Error as e:
            return [header(packet, 0xc0, e.args[0] << 8, 0, 0)]
        if callable(answer[1]):
            return answer[1](packet)
        return fragments(packet, *answer)


def header(request, flags, status, offset, count):
    return struct.pack("!BB", 0x16, flags & 0xe0 | request[1] & 0x1f) + \
        request[2:4] + struct.pack("!H", status) + request[6:8] + \
        struct.pack("!HH", offset, count)


def fragments(request, status, text):
    if isinstance(text, str):
        text = text.encode("latin-1")
    out = []
    for offset in range(0, max(len(text), 1), FRAGMENT):
        part = text[offset:offset + FRAGMENT]
        more = offset + FRAGMENT < len(text)
        out.append(header(request, 0xa0 if more else 0x80, status, offset,
                          len(part)) + part + bytes(-len(part) % 4))
    return out


def is_signed(packet, count):
    end = (12 + count + 7) // 8 * 8
    return packet[end:end + 4] == struct.pack("!I", KEY_ID) and \
        packet[end + 4:] == hashlib.md5(SECRET + packet[:end]).digest()


def stamp(ago):
    """As mode 6 has it: AGO seconds before now."""
    return "0x%08x.80000000" % (int(time.time()) - ago + NTP_UNIX &
                                0xffffffff)
