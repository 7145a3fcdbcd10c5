"""Files: pictures as far as anybody looks at them, and the official SDK of the Object Storage Service, which puts them."""

import struct

import alibabacloud_oss_v2 as oss


def jpeg(width, height, more=0):
    """A grey JPEG file of these sides, as far as anybody looks at it, with so many bytes behind its head."""
    table = b"\xff\xdb" + struct.pack(">HB", 67, 0) + bytes([1] * 64)
    frame = b"\xff\xc0" + struct.pack(">HBHHBBBB", 11, 8, height, width, 1, 1, 0x11, 0)
    codes = b"".join(b"\xff\xc4" + struct.pack(">HB", 20, kind) + bytes([1] + [0] * 15) + b"\0" for kind in (0, 0x10))
    scan = b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, 0, 63, 0)
    return b"\xff\xd8" + table + frame + codes + scan + bytes(1 + more) + b"\xff\xd9"


def oss_client(grant, version="v4", **changed):
    """The SDK's client, with what GetChatappUploadAuthorization has given; `changed` says otherwise."""
    grant = {**grant, **changed}
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        grant["AccessKeyId"], grant["AccessKeySecret"], grant["SecurityToken"]
    )
    config.region = "ap-southeast-1"
    config.endpoint = grant["EndPoint"]
    config.signature_version = version
    config.use_path_style = True
    config.retry_max_attempts = 1
    return oss.Client(config)


def put(client, grant, key, body, **more):
    """Puts a file, and gives the SDK's answer."""
    return client.put_object(oss.PutObjectRequest(bucket=grant["BucketName"], key=key, body=body, **more))
