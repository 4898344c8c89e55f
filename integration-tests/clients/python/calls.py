"""The stubs of one channel, and how a call says whose it is."""

import os
from urllib.parse import urlsplit

import grpc
from quicksync.chat.v1.chat_service_pb2_grpc import ChatServiceStub
from quicksync.messaging.v1.messaging_service_pb2_grpc import MessagingServiceStub
from quicksync.notification.v1.notification_service_pb2_grpc import NotificationServiceStub
from quicksync.user.v1.auth_service_pb2_grpc import AuthServiceStub
from quicksync.user.v1.user_service_pb2_grpc import UserServiceStub

# A call that takes longer has failed, and a stream that lives longer; the mesh may be busy with other tests.
CALL_TIMEOUT_S = 20
STREAM_TIMEOUT_S = 60


class Calls:
    """Every service, on a channel of its own to the gateway QUICKSYNC_GATEWAY."""

    def __init__(self, compression: grpc.Compression):
        address = urlsplit(os.environ["QUICKSYNC_GATEWAY"]).netloc
        # Whatever proxy the environment names, the gateway is on this machine.
        options = [("grpc.enable_http_proxy", 0)]
        self.channel = grpc.insecure_channel(address, options, compression)
        self.auth = AuthServiceStub(self.channel)
        self.chat = ChatServiceStub(self.channel)
        self.messaging = MessagingServiceStub(self.channel)
        self.notification = NotificationServiceStub(self.channel)
        self.users = UserServiceStub(self.channel)

    def __enter__(self) -> "Calls":
        return self

    def __exit__(self, *_) -> None:
        self.channel.close()


def by(token: str) -> dict:
    """The options of a call by whom this access token belongs to."""
    return {"metadata": [("authorization", f"Bearer {token}")], "timeout": CALL_TIMEOUT_S}


def by_nobody() -> dict:
    """The options of a call without an access token."""
    return {"timeout": CALL_TIMEOUT_S}
