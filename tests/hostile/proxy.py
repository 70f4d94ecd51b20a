"""Stands between depmend and the simulator and spoils chosen answers.

Everything passes untouched, except requests that a behaviour picks. Raw sockets, since no library
would send such answers.
"""

import http.client
import re
import socket
import ssl
import struct
import threading


class Request:
    def __init__(self, method, path, headers, body, upstream):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.upstream = upstream

    def forward(self):
        """The simulator's answer: status, headers, body."""
        link = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=60)
        link.request(self.method, self.path, self.body, self.headers)
        reply = link.getresponse()
        answer = reply.status, reply.getheaders(), reply.read()
        link.close()
        return answer


def plain(status, headers, body):
    """An answer as it should be."""
    drop = {"content-length", "transfer-encoding", "connection", "keep-alive"}
    lines = [f"HTTP/1.1 {status} X"]
    lines += [f"{name}: {value}" for name, value in headers if name.lower() not in drop]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def reset(link):
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()


class Proxy:
    """One behaviour; `hits` counts how often it spoke."""

    def __init__(self, upstream, behaviour, context=None):
        self.upstream, self.behaviour, self.context = upstream, behaviour, context
        self.hits, self.lock = 0, threading.Lock()
        self.stopped = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.stopped.set()
        self.socket.close()

    def accept(self):
        while True:
            try:
                link, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(link,), daemon=True).start()

    def serve(self, link):
        try:
            if self.context:
                link = self.context.wrap_socket(link, server_side=True)
            stream = link.makefile("rb")
            while (request := self.read(stream)) is not None:
                if not self.answer(link, request):
                    break
            link.close()
        except (OSError, ssl.SSLError, http.client.HTTPException):
            link.close()

    def read(self, stream):
        first = stream.readline().decode("latin-1").split()
        if len(first) != 3:
            return None
        headers = {}
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name] = value.strip()
        length = next((int(v) for n, v in headers.items() if n.lower() == "content-length"), 0)
        body = stream.read(length) if length else None
        return Request(first[0], first[1], headers, body, self.upstream)

    def picks(self, request):
        method, path = self.behaviour.target
        if request.method != method or not re.search(path, request.path):
            return False
        with self.lock:
            self.hits += 1
            return self.hits <= self.behaviour.times

    def answer(self, link, request):
        if self.picks(request):
            return self.behaviour.act(link, request, self.stopped)
        link.sendall(plain(*request.forward()))
        return True
