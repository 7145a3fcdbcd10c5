"""`alibabacloud_credentials` of the type ram_role_arn, and a call with what it gives: a program of its own, since the provider
takes the certificates that it trusts from the environment. What is asked for stands there as JSON, under ASK."""

import json
import os

from alibabacloud_credentials.client import Client as Credential
from alibabacloud_credentials.models import Config as CredentialConfig
from alibabacloud_live20161101.client import Client
from alibabacloud_live20161101.models import ListLiveMessageAppsRequest
from alibabacloud_tea_openapi.models import Config

ask = json.loads(os.environ["ASK"])
credential = Credential(
    CredentialConfig(
        type="ram_role_arn", access_key_id=ask["id"], access_key_secret=ask["secret"], role_arn=ask["role"],
        role_session_name="python", external_id=ask["externalId"], sts_endpoint=ask["authority"],
    )
)
client = Client(Config(credential=credential, endpoint=ask["authority"], protocol="https", region_id="cn-shanghai"))
body = client.list_live_message_apps(ListLiveMessageAppsRequest(sort_type=1)).body.to_map()
print(json.dumps({"key": credential.get_credential().access_key_id, "body": body}))
