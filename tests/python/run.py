"""A client in another language: grpcio from PyPI against the real program, over mTLS.

    python tests/python/run.py path/to/swx
"""

import inspect
import sys
import tempfile
import time
import traceback

from exchange import Exchange, generate_stubs


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory(prefix="swx-stubs-") as folder:
        generate_stubs(folder)
        import cases

        exchange = Exchange(sys.argv[1])
        try:
            in_order = sorted(
                (case for name, case in vars(cases).items() if name.startswith("test_")),
                key=lambda case: inspect.getsourcelines(case)[1],
            )
            for case in in_order:
                name, begun = case.__name__.removeprefix("test_"), time.monotonic()
                try:
                    case(exchange)
                except Exception:
                    failed += 1
                    print(f"FAILED {name}")
                    traceback.print_exc(file=sys.stdout)
                else:
                    passed += 1
                    print(f"ok {name} ({time.monotonic() - begun:.2f} s)", flush=True)
        finally:
            exchange.close()
    print(f"python: {passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
