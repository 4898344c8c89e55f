// Command other-team is a service of another team, written with grpc-go, that describes itself by reflection. The gateway is
// to find it by configuration alone. The first line of its output is where it listens; it ends when its input does.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
)

// The service is the one that gRPC's own teams test their libraries with.
type echo struct {
	pb.UnimplementedTestServiceServer
}

// UnaryCall gives the payload back, or the status that is asked for.
func (echo) UnaryCall(_ context.Context, request *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	if wanted := request.GetResponseStatus(); wanted != nil {
		return nil, status.Error(codes.Code(wanted.GetCode()), wanted.GetMessage())
	}
	return &pb.SimpleResponse{Payload: request.GetPayload()}, nil
}

// StreamingOutputCall gives the payload back as often as answers are asked for.
func (echo) StreamingOutputCall(
	request *pb.StreamingOutputCallRequest,
	stream grpc.ServerStreamingServer[pb.StreamingOutputCallResponse],
) error {
	for range request.GetResponseParameters() {
		answer := &pb.StreamingOutputCallResponse{Payload: request.GetPayload()}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	pb.RegisterTestServiceServer(server, echo{})
	reflection.Register(server)
	fmt.Println(listener.Addr())
	go func() {
		// Whoever started it has gone.
		_, _ = io.Copy(io.Discard, os.Stdin)
		server.Stop()
	}()
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}
