"""A platform, as customs meets it: signs raw payment data with OpenSSL and uploads it over mTLS. Standard library only.

    python platform_peer.py ADDRESS CA.pem CERT.pem KEY.pem SIGN_KEY.pem SIGN_CERT.pem < payment.json

The payment is an object with sessionID, payExchangeInfoHead, payExchangeInfoLists. Prints the answer.
"""

import base64
import json
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], capture_output=True, check=True).stdout


def main():
    address, ca, cert, key, sign_key, sign_cert = sys.argv[1:]
    payment = json.load(sys.stdin)

    def compact(name):
        return json.dumps(payment[name], ensure_ascii=False, separators=(",", ":"))

    payment["serviceTime"] = str(int(time.time() * 1000))
    pairs = [
        ("sessionID", payment["sessionID"]),
        ("payExchangeInfoHead", compact("payExchangeInfoHead")),
        ("payExchangeInfoLists", compact("payExchangeInfoLists")),
        ("serviceTime", payment["serviceTime"]),
    ]
    text = "||".join(f'"{name}":"{value}"' for name, value in pairs)
    is_sm2 = b"SM2" in openssl("pkey", "-in", sign_key, "-noout", "-text")
    digest = ["-digest", "sm3", "-pkeyopt", "distid:1234567812345678"] if is_sm2 else ["-digest", "sha256"]
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/text", "wb") as file:
            file.write(text.encode())
        value = openssl("pkeyutl", "-sign", "-inkey", sign_key, "-rawin", *digest, "-in", f"{folder}/text")
    payment["signValue"] = base64.b64encode(value).decode()
    payment["certNo"] = openssl("x509", "-in", sign_cert, "-noout", "-serial").decode().strip().removeprefix("serial=")
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(cert, key)
    # Other blanks than in the text that was signed, as many senders have it.
    form = urllib.parse.urlencode({"payExInfoStr": json.dumps(payment, ensure_ascii=False)}).encode()
    with urllib.request.urlopen(address, data=form, timeout=20, context=context) as answer:
        print(answer.read().decode())


main()
