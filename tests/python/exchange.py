"""The real program as a server, and clients of it that are made with nothing of ours but proto/."""

import os
import pathlib
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import grpc

ROOT = pathlib.Path(__file__).resolve().parents[2]
WAIT = 30.0


def generate_stubs(folder):
    """Generates the Python code from proto/ and makes it importable."""
    from grpc_tools import protoc

    include = pathlib.Path(protoc.__file__).parent / "_proto"
    files = sorted(str(path) for path in (ROOT / "proto").rglob("*.proto"))
    code = protoc.main(
        ["protoc", f"-I{ROOT / 'proto'}", f"-I{include}", f"--python_out={folder}", f"--grpc_python_out={folder}", *files]
    )
    assert code == 0, "protoc failed"
    sys.path.insert(0, str(folder))


class Exchange:
    """`swx serve --dev` on a free port, with its data in a temporary folder."""

    def __init__(self, program):
        self.program = str(program)
        self.folder = tempfile.TemporaryDirectory(prefix="swx-python-")
        self.data = pathlib.Path(self.folder.name) / "data"
        self.address = None
        self.process = None
        self.start()

    def start(self):
        listen = self.address or "127.0.0.1:0"
        self.process = subprocess.Popen(
            [self.program, "serve", "--dev", "--data", str(self.data), "--listen", listen],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NO_COLOR": "1", "SWX_LOG": os.environ.get("SWX_LOG", "warn")},
        )
        for line in self.process.stdout:
            found = re.search(r"https://([0-9.]+:[0-9]+)", line)
            if found:
                self.address = found.group(1)
                break
        else:
            raise AssertionError(f"the server ended before it listened: {self.process.wait()}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self):
        self.kill()
        self.folder.cleanup()

    def file(self, name):
        return (self.data / "dev" / name).read_bytes()

    def channel(self, party):
        """A channel that proves to be that demo party; without a certificate for None."""
        identity = (None, None) if party is None else (self.file(f"{party}-key.pem"), self.file(f"{party}.pem"))
        credentials = grpc.ssl_channel_credentials(self.file("ca.pem"), *identity)
        options = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_send_message_length", 9 << 20)]
        return grpc.secure_channel(self.address, credentials, options)

    def samples(self, sets, seed, per_message=1):
        """Messages made by `swx gen`: a list of bytes for each of order, payment, waybill and list."""
        with tempfile.TemporaryDirectory(prefix="swx-samples-") as folder:
            command = [self.program, "gen", "--lists", str(sets), "--per-message", str(per_message)]
            subprocess.run([*command, "--seed", str(seed), "--out", folder], check=True, stdout=subprocess.DEVNULL)
            kinds = ["order", "payment", "waybill", "list"]
            return {kind: [path.read_bytes() for path in sorted((pathlib.Path(folder) / kind).iterdir())] for kind in kinds}


SENDERS = {"order": "platform", "payment": "payment", "waybill": "logistics", "list": "declarant"}


class Consumer:
    """One stream of deliveries. Closing it is what a crash of the consumer looks like to the server."""

    def __init__(self, exchange, pb, stubs, party, name, credit=0):
        self.pb = pb
        self.channel = exchange.channel(party)
        self.requests = queue.Queue()
        self.requests.put(pb.ConsumeRequest(start=pb.ConsumeStart(name=name, credit=credit)))
        self.name = name
        self.service = stubs.SubscriptionServiceStub(self.channel)
        self.answers = self.service.Consume(iter(self.requests.get, None), timeout=WAIT)

    def until(self, enough):
        """Deliveries up to the first for which `enough(all so far)` holds."""
        deliveries = []
        for answer in self.answers:
            if answer.HasField("delivery"):
                deliveries.append(answer.delivery)
                if enough(deliveries):
                    return deliveries
        raise AssertionError(f"the stream ended after {len(deliveries)} deliveries")

    def heartbeat(self):
        """Deliveries up to the next heartbeat, and the heartbeat."""
        deliveries = []
        for answer in self.answers:
            if answer.HasField("heartbeat"):
                return deliveries, answer.heartbeat
            deliveries.append(answer.delivery)
        raise AssertionError("the stream ended without a heartbeat")

    def ack(self, delivery):
        self.requests.put(self.pb.ConsumeRequest(ack=self.pb.ConsumeAck(cursor=delivery.cursor)))

    def wait_until_recorded(self, delivery):
        """Acknowledged cursors are recorded within about a second."""
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            request = self.pb.GetSubscriptionRequest(name=self.name)
            if self.service.GetSubscription(request, timeout=WAIT).subscription.acked_cursor == delivery.cursor:
                return
            time.sleep(0.05)
        raise AssertionError("the acknowledgement was not recorded")

    def break_off(self):
        self.answers.cancel()
        self.requests.put(None)
        self.channel.close()
