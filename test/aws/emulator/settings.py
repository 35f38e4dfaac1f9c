"""What the command line fixes for the whole process, and the environment that emulated programs run in."""
import argparse
import os

REGION = "us-east-1"
ACCOUNT = "123456789012"

_parser = argparse.ArgumentParser(prog="python3 -m emulator", description=__doc__)
_parser.add_argument("--port", type=int, default=5055, help="port on 127.0.0.1 (default: %(default)s)")
_parser.add_argument("--images", default="images.json", help="file in which the docker stand-in notes its images")
_parser.add_argument("--modules", default="node_modules", help="node_modules folder with jsonata and Node 24")
_parser.add_argument("--exit-with-parent", action="store_true", help="stop when standard input closes")
OPTIONS = _parser.parse_args()

ENDPOINT = f"http://localhost:{OPTIONS.port}"
# An address instead of a name: the SDKs then put the bucket into the path, since bucket.localhost resolves on few machines.
S3_ENDPOINT = f"http://127.0.0.1:{OPTIONS.port}"
MODULES = os.path.abspath(OPTIONS.modules)
NODE = os.path.join(MODULES, ".bin", "node")


def program_environment(**more: str) -> dict[str, str]:
    """The environment of a program that AWS would run: nothing of ours leaks into it but the way to the emulator."""
    return {
        "PATH": os.path.dirname(NODE) + os.pathsep + os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/tmp"),
        "NODE_PATH": MODULES,  # the Lambda runtime has the AWS SDK on it
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_ENDPOINT_URL_S3": S3_ENDPOINT,
        "AWS_EC2_METADATA_DISABLED": "true",
        **more,
    }
