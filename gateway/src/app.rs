//! All wiring of the process, no logic.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use auth::Authorizer;
use mesh::client::Channel;
use runtime::{Context, config::Section};
use tokio_util::sync::CancellationToken;

use crate::{
    access_log::Log,
    client_address::Proxies,
    config::{self, Config},
    cookies::Cookies,
    descriptors::{self, Descriptors, Origin, Sources, Unmarked},
    edge::{self, Door, Edge},
    limits::Limits,
    metrics::Metrics,
    origins::Origins,
    proxy::{self, Keeper, Proxy},
    routes::{self, CurrentRoutes, Routes, Upstreams},
    server::{Certificate, Server, Stops},
    sign_in::SignIn,
    web_app::WebApp,
};

/// Of the grace of a drain, the end that is kept for telling clients whose calls are cut.
const CUT_MARGIN: Duration = Duration::from_secs(1);

/// The gateway, bound.
#[derive(Debug)]
pub struct App {
    server: Server,
    door: Door,
    stops: Stops,
}

impl App {
    /// Where the public port listens.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.server.local_addr()
    }
}

impl runtime::App for App {
    const NAME: &'static str = "gateway";
    type Config = Config;

    /// The gateway keeps nothing.
    async fn migrate(_: &Config) -> anyhow::Result<()> {
        Ok(())
    }

    async fn build(config: Config, context: Context) -> anyhow::Result<Self> {
        let hops = context.metrics.with(mesh::Metrics::register);
        let authorizer = Authorizer::start(
            &config.auth,
            quicksync::FILE_DESCRIPTOR_SET,
            &context,
            &hops,
        )?;
        let upstreams = upstreams(&config, &hops)?;
        let metrics = Metrics::new(&context.metrics);
        let routes = routes(&config, upstreams, &context, &metrics)?;
        let stops = stops(&config, &context);
        let cookies = Cookies::new(&config.public.origin);
        let origins = Origins::new(&config.public, &config.cors);
        let proxy = Proxy::new(proxy::Parts {
            routes,
            authorizer: Arc::clone(&authorizer),
            limits: Limits::start(&config.limits, &context, &metrics)?,
            keeper: Keeper {
                cookies,
                origins: origins.clone(),
                clock: context.clock.clone(),
            },
            message_bytes_max: config.public.message_bytes_max,
            body_read_timeout: Duration::from_millis(config.public.body_read_timeout_ms),
            detail_types: descriptors::of_details()?,
            errors_have_details: config.public.errors_have_details,
            cut: stops.cut.clone(),
        });
        let user = Channel::new("user", &config.auth.user, &hops)?;
        let sign_in = SignIn::new(user, cookies, &config.public.origin, context.clock.clone());
        let edge = Edge::new(edge::Parts {
            proxy,
            sign_in,
            log: Log::new(config.access_log),
            web_app: WebApp::open(&config.web)?,
            verifier: Arc::clone(authorizer.verifier()),
            trusted_proxies: Proxies::new(&config.public.trusted_proxies),
            headers_max: config.public.headers_max,
            header_bytes_max: config.public.header_bytes_max as usize,
            has_tls: config.public.tls.is_enabled(),
            draining: stops.draining.clone(),
        });
        let certificate = certificate(&config, &context, &metrics)?;
        let server = Server::bind(&config.public, certificate.as_ref(), metrics)
            .await
            .with_context(|| format!("public.listen: cannot bind {}", config.public.listen))?;
        context.listening(server.local_addr()?);
        Ok(Self {
            server,
            door: edge::door(edge, origins),
            stops,
        })
    }

    async fn run(self) -> anyhow::Result<()> {
        self.server.serve(self.door, self.stops).await;
        Ok(())
    }
}

fn upstreams(config: &Config, metrics: &mesh::Metrics) -> anyhow::Result<Upstreams> {
    let of_build = Descriptors::of_build()?;
    config
        .upstreams
        .iter()
        .map(|(name, upstream)| {
            let origin = upstream.origin();
            let descriptors = match &origin {
                Origin::Build => Some(of_build.clone()),
                Origin::File(path) => Some(Descriptors::of_file(name, path, unmarked(upstream))?),
                Origin::Reflection => None,
            };
            let upstream = routes::Upstream {
                services: upstream.services.clone(),
                descriptors,
                origin,
                channel: Channel::new(name, &upstream.client, metrics)?,
            };
            Ok((name.clone(), upstream))
        })
        .collect()
}

/// The routes to `upstreams`, with a task that keeps them as their descriptors are.
fn routes(
    config: &Config,
    upstreams: Upstreams,
    context: &Context,
    metrics: &Metrics,
) -> anyhow::Result<Arc<CurrentRoutes>> {
    let routes = Arc::new(CurrentRoutes::new(Routes::new(&upstreams, metrics)?));
    let foreign = config.upstreams.iter();
    let foreign = foreign
        .filter(|(_, upstream)| upstream.origin() != Origin::Build)
        .map(|(name, upstream)| (name.clone(), unmarked(upstream)))
        .collect();
    let sources = Sources::new(upstreams, foreign, Arc::clone(&routes), metrics.clone());
    if !sources.is_empty() {
        let interval = Duration::from_millis(config.descriptors.reload_interval_ms);
        let stop = context.lifecycle.draining();
        context.lifecycle.spawn("descriptors", async move {
            sources.keep_fresh(interval, stop).await;
            Ok(())
        });
    }
    Ok(routes)
}

fn unmarked(upstream: &config::Upstream) -> Unmarked {
    Unmarked {
        access: upstream.unmarked_access,
        rate_class: upstream.unmarked_rate_class,
    }
}

/// The certificate of the public port, with a task that keeps it fresh.
fn certificate(
    config: &Config,
    context: &Context,
    metrics: &Metrics,
) -> anyhow::Result<Option<Arc<Certificate>>> {
    let tls = &config.public.tls;
    if !tls.is_enabled() {
        return Ok(None);
    }
    let certificate = Certificate::open(tls)?;
    let interval = Duration::from_millis(tls.reload_interval_ms);
    let stop = context.lifecycle.draining();
    let fresh = Arc::clone(&certificate).keep_fresh(interval, metrics.clone(), stop);
    context.lifecycle.spawn("certificate", async move {
        fresh.await;
        Ok(())
    });
    Ok(Some(certificate))
}

fn stops(config: &Config, context: &Context) -> Stops {
    let grace = config.process().drain.grace();
    Stops {
        draining: context.lifecycle.draining(),
        aborted: context.lifecycle.aborted(),
        lead: Duration::from_millis(config.public.drain_lead_ms),
        cut: CancellationToken::new(),
        grace,
        cut_after: grace.saturating_sub(CUT_MARGIN.min(grace / 2)),
    }
}
