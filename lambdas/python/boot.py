# What a Batch job's container begins with, as text in its job definition: it fetches the step's archives, checks and unpacks them, and runs the
# step. It stays small and has no imports but the standard library's.
import hashlib, hmac, io, json, os, random, sys, tempfile, time, urllib.request, zipfile
from urllib.parse import urlsplit

env = os.environ


def credentials():
    if env.get("AWS_ACCESS_KEY_ID"):
        return env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env.get("AWS_SESSION_TOKEN")
    url = env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI") or "http://169.254.170.2" + env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
    found = json.load(urllib.request.urlopen(url, timeout=10))
    return found["AccessKeyId"], found["SecretAccessKey"], found["Token"]


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
def fetch(url):
    key, secret, token = credentials()
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{now[:8]}/{env['AWS_REGION']}/s3/aws4_request"
    headers = {"host": urlsplit(url).netloc, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": now}
    if token:
        headers["x-amz-security-token"] = token
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = "\n".join(["GET", urlsplit(url).path, "", lines, names, "UNSIGNED-PAYLOAD"])
    signature = ("AWS4" + secret).encode()
    for part in [*scope.split("/"), "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])]:
        signature = hmac.digest(signature, part.encode(), "sha256")
    del headers["host"]
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={key}/{scope},SignedHeaders={names},Signature={signature.hex()}"
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
        return answer.read()


def fetch_patiently(url):
    endpoint = env.get("AWS_ENDPOINT_URL_S3") or env.get("AWS_ENDPOINT_URL")
    if endpoint:
        url = endpoint.rstrip("/") + urlsplit(url).path
    wait = 0.5
    while True:
        try:
            return fetch(url)
        except OSError:
            if wait > 16:
                raise
            time.sleep(wait * random.random())
            wait *= 2


folder = tempfile.mkdtemp("-step")
for archive in env["MILLRACE_ARCHIVES"].split():
    url, _, digest = archive.partition("#")
    content = fetch_patiently(url)
    if hashlib.sha256(content).hexdigest() != digest:
        sys.exit(f"{url} is not the archive that was deployed.")
    zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
os.chdir(folder)
os.execv(sys.executable, [sys.executable, "-m", "millrace.batch"])
