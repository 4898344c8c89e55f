//! A TCP proxy before PostgreSQL that can break where a test wants it to.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

#[derive(Clone)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    is_open: AtomicBool,
    /// Bytes that clients may still send before everything is cut; negative: no end.
    budget: AtomicI64,
    cuts: watch::Sender<u64>,
}

impl Proxy {
    /// Before the server that a `postgres://user@host:port/name` names.
    pub async fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstream: host_and_port(url).to_owned(),
            is_open: AtomicBool::new(true),
            budget: AtomicI64::new(-1),
            cuts: watch::Sender::new(0),
        });
        let proxy = Self {
            address,
            shared: Arc::clone(&shared),
        };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shared.is_open.load(Ordering::SeqCst) {
                    tokio::spawn(Arc::clone(&shared).carry(client));
                }
            }
        });
        proxy
    }

    /// The URL by way of this proxy.
    pub fn url(&self, url: &str) -> String {
        url.replacen(host_and_port(url), &self.address.to_string(), 1)
    }

    /// Cuts all connections and refuses new ones.
    pub fn close(&self) {
        self.shared.is_open.store(false, Ordering::SeqCst);
        self.shared.cut();
    }

    /// Lets everything through from now on.
    pub fn open(&self) {
        self.shared.budget.store(-1, Ordering::SeqCst);
        self.shared.is_open.store(true, Ordering::SeqCst);
    }

    /// Closes after clients have sent so many bytes more.
    pub fn close_after(&self, bytes: i64) {
        self.open();
        self.shared.budget.store(bytes, Ordering::SeqCst);
    }
}

impl Shared {
    fn cut(&self) {
        self.cuts.send_modify(|count| *count += 1);
    }

    async fn carry(self: Arc<Self>, mut client: TcpStream) {
        let mut cuts = self.cuts.subscribe();
        let Ok(mut server) = TcpStream::connect(&self.upstream).await else {
            return;
        };
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        let up = async {
            let mut buffer = vec![0; 16 * 1024];
            while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
                let allowed = self.spend(read);
                if to_server.write_all(&buffer[..allowed]).await.is_err() || allowed < read {
                    break;
                }
            }
        };
        let down = tokio::io::copy(&mut from_server, &mut to_client);
        tokio::select! {
            () = up => {}
            _ = down => {}
            _ = cuts.changed() => {}
        }
    }

    /// How many of `bytes` may pass.
    fn spend(&self, bytes: usize) -> usize {
        let budget = self.budget.load(Ordering::SeqCst);
        if budget < 0 {
            return bytes;
        }
        let wanted = i64::try_from(bytes).unwrap();
        if wanted < budget {
            self.budget.store(budget - wanted, Ordering::SeqCst);
            return bytes;
        }
        self.is_open.store(false, Ordering::SeqCst);
        usize::try_from(budget).unwrap()
    }
}

fn host_and_port(url: &str) -> &str {
    let rest = url.split_once("://").unwrap().1;
    let authority = rest
        .split_once('/')
        .map_or(rest, |(authority, _)| authority);
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
}
