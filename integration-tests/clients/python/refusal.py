"""What an error of gRPC says: its code, and the details in its trailers."""

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc_status import rpc_status


def told(error: grpc.RpcError) -> dict:
    """As job.json writes it."""
    status = rpc_status.from_call(error)
    if status is None:
        raise AssertionError(f"an error without details: {error}")
    info, request = ErrorInfo(), BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(request)
    fields = sorted(violation.field for violation in request.field_violations)
    return {"code": error.code().name, "reason": info.reason, "fields": fields}
