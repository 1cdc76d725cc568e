"""Customs, as a platform meets it: opens the raw payment data of an order and takes the upload. Standard library only.

    python customs_peer.py CERT.pem

Prints the address to upload to. Then reads lines from the standard input, each `ADDRESS ORDER SESSION`: posts openReq
to that platDataOpen, waits for the upload, verifies its signature with OpenSSL, and prints one JSON object.
"""

import base64
import http.server
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

UPLOADS = queue.Queue()


class Upload(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        form = urllib.parse.parse_qs(body, keep_blank_values=True)
        UPLOADS.put((self.path, form["payExInfoStr"][0]))
        answer = json.dumps({"code": "10000", "message": "", "serviceTime": now()}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def now():
    return int(time.time() * 1000)


def text_to_sign(upload):
    """The text as announcement 179 has it, written from the parsed JSON: not from the bytes that were sent."""

    def compact(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    pairs = [
        ("sessionID", upload["sessionID"]),
        ("payExchangeInfoHead", compact(upload["payExchangeInfoHead"])),
        ("payExchangeInfoLists", compact(upload["payExchangeInfoLists"])),
        ("serviceTime", upload["serviceTime"]),
    ]
    return "||".join(f'"{name}":"{value}"' for name, value in pairs)


def der(raw):
    """An SM2 value of 64 bytes as OpenSSL wants it."""
    body = b""
    for half in (raw[:32], raw[32:]):
        half = half.lstrip(b"\0") or b"\0"
        half = b"\0" + half if half[0] & 0x80 else half
        body += bytes([2, len(half)]) + half
    return bytes([0x30, len(body)]) + body


def verifies(certificate, text, value):
    with tempfile.TemporaryDirectory() as folder:
        message, signature = f"{folder}/text", f"{folder}/value"
        with open(message, "wb") as file:
            file.write(text.encode())
        sm2 = len(value) == 64
        with open(signature, "wb") as file:
            file.write(der(value) if sm2 else value)
        digest = ["-digest", "sm3", "-pkeyopt", "distid:1234567812345678"] if sm2 else ["-digest", "sha256"]
        command = ["openssl", "pkeyutl", "-verify", "-certin", "-inkey", certificate, "-rawin", *digest]
        done = subprocess.run([*command, "-in", message, "-sigfile", signature], capture_output=True, check=False)
        return done.returncode == 0


def main():
    certificate = sys.argv[1]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upload)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}/ceb2grab/grab/realTimeDataUpload", flush=True)
    for line in sys.stdin:
        address, order, session = line.split()
        wanted = json.dumps({"orderNo": order, "sessionID": session, "serviceTime": now()})
        form = urllib.parse.urlencode({"openReq": wanted}).encode()
        with urllib.request.urlopen(address, data=form, timeout=20) as answer:
            reply = json.load(answer)
        result = {"reply": reply}
        if reply["code"] == "10000":
            path, text = UPLOADS.get(timeout=20)
            upload = json.loads(text)
            value = base64.b64decode(upload["signValue"])
            result |= {
                "path": path,
                "session": upload["sessionID"],
                "order": upload["payExchangeInfoLists"][0]["orderNo"],
                "amount": upload["payExchangeInfoHead"]["totalAmount"],
                "certNo": upload["certNo"],
                "verified": verifies(certificate, text_to_sign(upload), value),
            }
        print(json.dumps(result), flush=True)


main()
