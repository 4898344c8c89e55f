"""What somebody does with QuickSync, by grpcio; what must be said and answered stands in ../job.json, for every language."""

import json
import pathlib
import unittest
import uuid
from typing import NamedTuple

import grpc
from calls import STREAM_TIMEOUT_S, Calls, by, by_nobody
from quicksync.chat.v1.chat_service_pb2 import (
    CreateConversationRequest,
    GetConversationRequest,
    SendMessageRequest,
)
from quicksync.chat.v1.conversation_pb2 import CONVERSATION_KIND_DIRECT
from quicksync.messaging.v1.messaging_service_pb2 import ListMessagesRequest
from quicksync.notification.v1.notification_service_pb2 import EndingReason, SubscribeRequest
from quicksync.user.v1.auth_service_pb2 import LoginRequest, LogoutRequest, RegisterRequest
from quicksync.user.v1.user_service_pb2 import GetMeRequest
from refusal import told

JOB = json.loads((pathlib.Path(__file__).parent.parent / "job.json").read_text("utf-8"))
WAYS = {"plain": grpc.Compression.NoCompression, "gzip": grpc.Compression.Gzip}


class Person(NamedTuple):
    """Somebody who is signed in."""

    username: str
    password: str
    user_id: str
    token: str


def register(calls: Calls, name: str) -> Person:
    """Registers somebody nobody has seen before."""
    username, password = f"{name}.{str(uuid.uuid4())[:13]}", str(uuid.uuid4())
    account = RegisterRequest(
        email=f"{username}@example.org", username=username, display_name=name, password=password
    )
    reply = calls.auth.Register(account, **by_nobody())
    return Person(username, password, reply.user.user_id, reply.tokens.access_token)


def conversation_of(calls: Calls, one: Person, other: Person) -> str:
    """Their direct conversation."""
    wanted = CreateConversationRequest(kind=CONVERSATION_KIND_DIRECT, member_user_ids=[other.user_id])
    return calls.chat.CreateConversation(wanted, **by(one.token)).conversation.conversation_id


def next_event(events, kind: str):
    """The next event of this kind; others are passed over, as a client does with what it does not know."""
    for event in events:
        if event.WhichOneof("event") == kind:
            return getattr(event, kind)
    raise AssertionError(f"the stream ended before an event {kind}")


def essence(message) -> tuple:
    """What is compared of a message."""
    return (message.sender_user_id, message.text, message.sequence)


class Job(unittest.TestCase):
    """On the mesh of the gateway QUICKSYNC_GATEWAY."""

    def test_what_is_said_arrives_at_once_and_stays(self):
        for way, compression in WAYS.items():
            with self.subTest(way), Calls(compression) as calls:
                self.talk(calls)

    def talk(self, calls: Calls):
        ada, bob = register(calls, "ada"), register(calls, "bob")
        login = LoginRequest(login=bob.username, password=bob.password)
        tokens = calls.auth.Login(login, **by_nobody()).tokens

        conversation_id = conversation_of(calls, ada, bob)
        patience = {"timeout": STREAM_TIMEOUT_S}
        events = calls.notification.Subscribe(SubscribeRequest(), **(by(tokens.access_token) | patience))
        next_event(events, "ready")

        said = []
        for text in JOB["texts"]:
            message = SendMessageRequest(
                conversation_id=conversation_id, client_message_id=str(uuid.uuid4()), text=text
            )
            reply = calls.chat.SendMessage(message, **by(ada.token))
            said.append((ada.user_id, text, reply.sequence))
        heard = [essence(next_event(events, "message")) for _ in said]
        self.assertEqual(heard, said)
        history = calls.messaging.ListMessages(
            ListMessagesRequest(conversation_id=conversation_id), **by(bob.token)
        )
        self.assertEqual([essence(message) for message in history.messages], said)

        calls.auth.Logout(LogoutRequest(refresh_token=tokens.refresh_token), **by_nobody())
        self.assertEqual(EndingReason.Name(next_event(events, "ending").reason), JOB["ending"])
        self.assertEqual(list(events), [], "nothing comes after the last event")
        self.assertEqual(events.code(), grpc.StatusCode.OK)

    def test_a_refusal_says_why(self):
        for way, compression in WAYS.items():
            with self.subTest(way), Calls(compression) as calls:
                self.are_refused(calls)

    def are_refused(self, calls: Calls):
        refusals = JOB["refusals"]
        self.refused(lambda: calls.users.GetMe(GetMeRequest(), **by_nobody()), refusals["withoutToken"])
        self.refused(
            lambda: next(calls.notification.Subscribe(SubscribeRequest(), **by_nobody())),
            refusals["withoutToken"],
        )
        eve = by(register(calls, "eve").token)
        nowhere = GetConversationRequest(conversation_id=str(uuid.uuid4()))
        self.refused(lambda: calls.chat.GetConversation(nowhere, **eve), refusals["unknownConversation"])
        self.refused(lambda: calls.chat.SendMessage(SendMessageRequest(), **eve), refusals["wrongFields"])

    def refused(self, call, expected: dict):
        with self.assertRaises(grpc.RpcError) as failed:
            call()
        self.assertEqual(told(failed.exception), expected, failed.exception.details())
