//! A service of another team: QuickSync's build knows nothing of it.

use std::{
    convert::Infallible,
    fs,
    io::Write,
    path::Path,
    task::{Context, Poll},
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use futures::{StreamExt as _, future::BoxFuture, stream};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use prost::Message;
use tempfile::TempDir;
use tonic::{Status, body::Body, codegen::Service, server::NamedService, transport::Server};
use tonic_prost::ProstCodec;
use tonic_reflection::server::v1::{ServerReflection, ServerReflectionServer};

use super::{serving::Serving, web::frame};

pub const GET_FORECAST: &str = "/acme.weather.v1.WeatherService/GetForecast";
pub const GUESS_FORECAST: &str = "/acme.weather.v1.WeatherService/GuessForecast";
pub const WATCH_FORECAST: &str = "/acme.weather.v1.WeatherService/WatchForecast";
const UPDATE_STATION: &str = "/acme.weather.v1.WeatherService/UpdateStation";

/// The forecast for it never ends.
pub const FOREVER: &str = "forever";
/// A request with it is answered with messages that nobody asked to be compressed.
pub const COMPRESS: &str = "x-compress";

const PROTO: &str = r#"
    syntax = "proto3";
    package acme.weather.v1;
    import "google/api/annotations.proto";
    import "google/protobuf/field_mask.proto";
    import "google/protobuf/timestamp.proto";
    message Place { string name = 1; }
    message Forecast {
        // How it is in words.
        enum Sky { SKY_UNSPECIFIED = 0; SKY_CLEAR = 1; }
        string place = 1;
        sint32 celsius = 2;
        int64 seen_by = 3;
        google.protobuf.Timestamp time = 4;
        Sky sky = 5;
        repeated string warnings = 6;
    }
    message Station { string name = 1; string owner = 2; int32 height_m = 3; }
    message UpdateStationRequest { Station station = 1; google.protobuf.FieldMask update_mask = 2; }
    message UpdateStationResponse { Station station = 1; repeated string changed = 2; }
    service WeatherService {
        // The forecast for one place.
        rpc GetForecast(Place) returns (Forecast) {
            option idempotency_level = NO_SIDE_EFFECTS;
            option (google.api.http) = {
                get: "/weather/v1/{name=places/*}/forecast"
                additional_bindings { get: "/weather/v1/{name=places/*}/warnings" response_body: "warnings" }
            };
        }
        rpc WatchForecast(Place) returns (stream Forecast) {
            option (google.api.http) = { get: "/weather/v1/{name=places/*}/forecast:watch" };
        }
        rpc UpdateStation(UpdateStationRequest) returns (UpdateStationResponse) {
            option (google.api.http) = {
                patch: "/weather/v1/{station.name=stations/*}"
                body: "station"
            };
        }
    }
"#;
/// What the team adds in its next version.
const ADDITION: &str = r#"
    rpc GuessForecast(Place) returns (Forecast) {
        option (google.api.http) = { get: "/weather/v1/{name=places/*}/guess" };
    }
"#;

#[derive(Clone, PartialEq, Message)]
pub struct Place {
    #[prost(string, tag = "1")]
    pub name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Forecast {
    #[prost(string, tag = "1")]
    pub place: String,
    #[prost(sint32, tag = "2")]
    pub celsius: i32,
    #[prost(int64, tag = "3")]
    pub seen_by: i64,
    #[prost(message, optional, tag = "4")]
    pub time: Option<prost_types::Timestamp>,
    #[prost(int32, tag = "5")]
    pub sky: i32,
    #[prost(string, repeated, tag = "6")]
    pub warnings: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Station {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub owner: String,
    #[prost(int32, tag = "3")]
    pub height_m: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct UpdateStationRequest {
    #[prost(message, optional, tag = "1")]
    pub station: Option<Station>,
    #[prost(message, optional, tag = "2")]
    pub update_mask: Option<prost_types::FieldMask>,
}

#[derive(Clone, PartialEq, Message)]
pub struct UpdateStationResponse {
    #[prost(message, optional, tag = "1")]
    pub station: Option<Station>,
    #[prost(string, repeated, tag = "2")]
    pub changed: Vec<String>,
}

/// The running service, and what its team hands over: a file with its descriptors.
pub struct Weather {
    serving: Serving,
    folder: TempDir,
}

impl Weather {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let descriptors = compile(&folder, PROTO);
        let reflection = reflection_of(&descriptors);
        let router = Server::builder()
            .add_service(Forecaster)
            .add_service(reflection);
        let weather = Self {
            serving: Serving::start(router).await,
            folder,
        };
        weather.hand_over(&descriptors);
        weather
    }

    /// Puts `descriptors` into the file.
    pub fn hand_over(&self, descriptors: &[u8]) {
        fs::write(self.folder.path().join("weather.binpb"), descriptors).unwrap();
    }

    /// Those of the next version of the service.
    pub fn next_descriptors(&self) -> Vec<u8> {
        let end = PROTO.rfind('}').unwrap();
        let next = format!("{}{ADDITION}{}", &PROTO[..end], &PROTO[end..]);
        compile(&self.folder, &next)
    }

    /// What an operator adds who has no file.
    pub fn reflected(endpoint: &str, more: &str) -> String {
        format!(
            "[upstreams.weather]
            services = ['acme.weather.v1.WeatherService']
            reflection = true
            client.endpoints = ['{endpoint}']
            {more}"
        )
    }

    pub fn endpoint(&self) -> String {
        self.serving.endpoint()
    }

    /// What an operator adds to the gateway's file, and `more` lines.
    pub fn configuration(&self, more: &str) -> String {
        let folder = self.folder.path().display();
        let endpoint = self.serving.endpoint();
        format!(
            "[upstreams.weather]
            services = ['acme.weather.v1.WeatherService']
            descriptors = '{folder}/weather.binpb'
            client.endpoints = ['{endpoint}']
            {more}"
        )
    }
}

fn compile(folder: &TempDir, proto: &str) -> Vec<u8> {
    fs::write(folder.path().join("weather.proto"), proto).unwrap();
    let annotations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
    let mut compiler = protox::Compiler::new([folder.path(), &annotations]).unwrap();
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_file("weather.proto")
        .unwrap();
    compiler.encode_file_descriptor_set()
}

/// A server that says `descriptors` of itself.
pub fn reflection_of(descriptors: &[u8]) -> ServerReflectionServer<impl ServerReflection + use<>> {
    let descriptors = prost_types::FileDescriptorSet::decode(descriptors).unwrap();
    let builder: tonic_reflection::server::Builder<'static> =
        tonic_reflection::server::Builder::configure();
    builder
        .register_file_descriptor_set(descriptors)
        .build_v1()
        .unwrap()
}

/// The forecast for a place; of `nowhere` there is none.
fn forecast(place: Place) -> Result<Forecast, Status> {
    if place.name == "nowhere" {
        return Err(Status::not_found("there is no such place"));
    }
    Ok(Forecast {
        place: place.name,
        celsius: -3,
        seen_by: 9_007_199_254_740_993,
        time: Some(prost_types::Timestamp {
            seconds: 1_900_000_000,
            nanos: 0,
        }),
        sky: 1,
        warnings: Vec::new(),
    })
}

/// One forecast in gzip.
fn compressed() -> Response<Body> {
    let forecast = forecast(Place {
        name: "Oslo".to_owned(),
    });
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&forecast.unwrap().encode_to_vec()).unwrap();
    let mut data = frame(&gzip.finish().unwrap());
    data[0] = 1;
    let trailers = HeaderMap::from_iter([(Status::GRPC_STATUS, HeaderValue::from_static("0"))]);
    let frames = [Frame::data(Bytes::from(data)), Frame::trailers(trailers)];
    let frames = stream::iter(frames.map(Ok::<_, Status>));
    Response::builder()
        .header("content-type", "application/grpc")
        .header("grpc-encoding", "gzip")
        .body(Body::new(StreamBody::new(frames)))
        .unwrap()
}

/// The station as it is now, and what was to be changed of it.
fn update(request: UpdateStationRequest) -> UpdateStationResponse {
    let mask = request.update_mask.unwrap_or_default();
    UpdateStationResponse {
        station: request.station,
        changed: mask.paths,
    }
}

#[derive(Clone)]
pub struct Forecaster;

impl NamedService for Forecaster {
    const NAME: &'static str = "acme.weather.v1.WeatherService";
}

impl Service<Request<Body>> for Forecaster {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.headers().contains_key(COMPRESS) {
            return Box::pin(async { Ok(compressed()) });
        }

        if request.uri().path() == UPDATE_STATION {
            let codec = ProstCodec::<UpdateStationResponse, UpdateStationRequest>::default();
            let mut grpc = tonic::server::Grpc::new(codec);
            let answer =
                tower::service_fn(async |request: tonic::Request<UpdateStationRequest>| {
                    Ok(tonic::Response::new(update(request.into_inner())))
                });
            return Box::pin(async move { Ok(grpc.unary(answer, request).await) });
        }
        let codec = ProstCodec::<Forecast, Place>::default();
        let mut grpc = tonic::server::Grpc::new(codec);
        Box::pin(async move {
            let response = match request.uri().path() {
                GET_FORECAST | GUESS_FORECAST => {
                    let answer = tower::service_fn(async |request: tonic::Request<Place>| {
                        forecast(request.into_inner()).map(tonic::Response::new)
                    });
                    grpc.unary(answer, request).await
                }
                WATCH_FORECAST => {
                    let answer = tower::service_fn(async |request: tonic::Request<Place>| {
                        let one = forecast(request.into_inner())?;
                        let is_endless = one.place == FOREVER;
                        let first = stream::iter([Ok(one.clone())]);
                        let rest = if is_endless {
                            stream::pending().left_stream()
                        } else {
                            stream::iter([Ok(one)]).right_stream()
                        };
                        Ok(tonic::Response::new(first.chain(rest)))
                    });
                    grpc.server_streaming(answer, request).await
                }
                path => panic!("nobody should be let through to {path}"),
            };
            Ok(response)
        })
    }
}
