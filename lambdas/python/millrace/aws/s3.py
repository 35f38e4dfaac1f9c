"""The objects of one bucket, and blobs in them."""

from __future__ import annotations

from ..data.content import identify, pack, path_of, unpack
from ..data.errors import BlobMissingError
from ..parallel import in_parallel
from .errors import AwsError, failure_of, xml_element
from .signature import encode_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..data.content import Bytes
    from ..metadata.records import ArtifactRef, Blob
    from .client import AwsClient, Response

# Objects larger than this travel in parts of this size, several at a time: one connection to S3 carries about 90 MB/s.
_PART = 8 * 2**20
_MULTIPART_FROM = 16 * 2**20
_PARTS_AT_ONCE = 6
_MOST_PARTS = 10_000
# From here on it is asked whether the blob is there before it is compressed and sent.
_ASK_FIRST_FROM = 256 * 1024


class S3Bucket:
    """Every method raises AwsError, CredentialsError."""

    def __init__(self, client: AwsClient, name: str) -> None:
        self.name = name
        self._client = client
        endpoint = client.endpoint("s3")
        host = f"s3.{client.region}.{client.domain}"
        # A name with dots is not covered by the certificate of *.s3.<region>.
        own_host = endpoint is None and "." not in name
        self._base = f"https://{name}.{host}" if own_host else f"{endpoint or f'https://{host}'}/{name}"

    def has(self, key: str) -> bool:
        """Whether the object is there. A role that may not list the bucket is told 403 for one that is not."""
        try:
            self._send("HeadObject", "HEAD", key)
            return True
        except AwsError as error:
            if error.status in (404, 403):
                return False
            raise

    def get(self, key: str) -> bytearray:
        return self._send("GetObject", "GET", key).content

    def get_in_parts(self, key: str) -> bytearray:
        """As get, in parallel parts: for an object that is not small, and never empty."""
        first = self._range(key, 0)
        total = int(first.headers.get("content-range", "/").split("/")[1] or len(first.content))
        if total <= len(first.content):
            return first.content
        content = bytearray(total)
        content[: len(first.content)] = first.content

        def fetch(start: int) -> None:
            part = self._range(key, start).content
            content[start : start + len(part)] = part

        in_parallel(fetch, range(_PART, total, _PART), _PARTS_AT_ONCE)
        return content

    def put_new(self, key: str, body: Bytes, body_hash: str | None = None) -> bool:
        """Writes an object unless there is one with this key; whether it did."""
        try:
            if len(body) > _MULTIPART_FROM:
                self._put_parts(key, body)
            else:
                self._send("PutObject", "PUT", key, headers={"if-none-match": "*"}, body=body, body_hash=body_hash)
            return True
        except AwsError as error:
            if error.status == 412:
                return False
            raise

    def _range(self, key: str, start: int) -> Response:
        return self._send("GetObject", "GET", key, headers={"range": f"bytes={start}-{start + _PART - 1}"})

    def _put_parts(self, key: str, body: Bytes) -> None:
        created = self._send("CreateMultipartUpload", "POST", key, query="uploads=")
        upload_id = xml_element(created.content.decode(), "UploadId")
        if upload_id is None:
            raise failure_of("S3 CreateMultipartUpload", created.status, created.headers, bytes(created.content))
        upload = f"uploadId={encode_part(upload_id)}"
        size = max(_PART, -(-len(body) // _MOST_PARTS))
        view = memoryview(body)
        tags = [""] * -(-len(body) // size)

        def send(index: int) -> None:
            part = view[index * size : (index + 1) * size]
            query = f"partNumber={index + 1}&{upload}"
            tags[index] = self._send("UploadPart", "PUT", key, query=query, body=part).headers.get("etag", "")

        try:
            in_parallel(send, range(len(tags)), _PARTS_AT_ONCE)
            self._complete(key, upload, tags)
        except BaseException:
            # What is left of an upload that is not given up costs money until a lifecycle rule removes it.
            try:
                self._send("AbortMultipartUpload", "DELETE", key, query=upload)
            except AwsError:
                pass
            raise

    def _complete(self, key: str, upload: str, tags: list[str]) -> None:
        parts = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>" for number, tag in enumerate(tags, 1))
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        headers = {"content-type": "application/xml", "if-none-match": "*"}
        answer = self._send("CompleteMultipartUpload", "POST", key, query=upload, headers=headers, body=body)
        # S3 answers 200 before it is done: the content tells how it went.
        if b"<Error>" in answer.content:
            raise failure_of("S3 CompleteMultipartUpload", 500, answer.headers, bytes(answer.content))

    def _send(self, operation: str, method: str, key: str, **options) -> Response:  # type: ignore[no-untyped-def]
        path = "/".join(encode_part(part) for part in key.split("/"))
        return self._client.send("s3", operation, method, f"{self._base}/{path}", **options)


class S3BlobStore:
    """Blobs in a bucket, in the layout of the folder: ``s3://<bucket>/<prefix>/blobs/ab/cdef…``."""

    def __init__(self, client: AwsClient, bucket: str, prefix: str = "") -> None:
        """``prefix``: the key of the store's root, without slashes around it; ``""`` for the whole bucket."""
        self._bucket = S3Bucket(client, bucket)
        self._prefix = f"{prefix}/blobs" if prefix else "blobs"

    def put(self, content: Bytes) -> Blob:
        blob = identify(content)
        key = self._key(blob)
        if blob["size"] >= _ASK_FIRST_FROM and self._bucket.has(key):
            return blob
        self._bucket.put_new(key, pack(blob, content), None if "compression" in blob else blob["hash"])
        return blob

    def get(self, blob: Blob | ArtifactRef) -> bytes | bytearray:
        key = self._key(blob)
        location = f"s3://{self._bucket.name}/{key}"
        try:
            stored = self._bucket.get_in_parts(key) if blob["size"] > _PART else self._bucket.get(key)
        except AwsError as error:
            if error.status == 404 and error.aws_code != "NoSuchBucket":
                raise BlobMissingError(location) from error
            raise
        return unpack(blob, stored, location)

    def _key(self, blob: Blob | ArtifactRef) -> str:
        return f"{self._prefix}/{path_of(blob)}"
