//! `quicksync-dev load`: the measurements of [`crate::load`] on a mesh of their own.

use anyhow::Result;

use crate::{
    load::{self, Messaging, Target, cpu::Process},
    mesh::{self, Mesh, Replica, Service, Visitors},
};

struct Replicas<'a>(&'a Mesh);

impl Messaging for Replicas<'_> {
    async fn stop(&mut self) -> Result<()> {
        for replica in self.0.replicas(Service::Messaging) {
            replica.stop().await?;
        }
        Ok(())
    }

    async fn start(&mut self) -> Result<(Vec<Process>, Vec<String>)> {
        for replica in self.0.replicas(Service::Messaging) {
            replica.start().await?;
        }
        Ok((processes(self.0), messaging_admin(self.0)))
    }
}

pub(super) async fn run(arguments: &load::Args) -> Result<()> {
    let mesh = mesh::own("load", Visitors::Load).await?;
    let conversations = &mesh.events().conversations;
    let target = Target {
        gateway: mesh.gateway_url(),
        kafka_brokers: mesh.parts().kafka().brokers(),
        conversations_topic: (conversations.name.clone(), conversations.epoch),
        messaging_admin: messaging_admin(&mesh),
        processes: processes(&mesh),
    };
    load::run(arguments, target, &mut Replicas(&mesh)).await?;
    mesh.stop().await
}

fn messaging_admin(mesh: &Mesh) -> Vec<String> {
    mesh.replicas(Service::Messaging)
        .map(Replica::admin)
        .collect()
}

/// Replicas share a name: the report is by service.
fn processes(mesh: &Mesh) -> Vec<Process> {
    let services = mesh
        .all()
        .iter()
        .map(|replica| (replica.service().name(), replica.pid()));
    let parts = mesh
        .parts()
        .status()
        .into_iter()
        .map(|part| (part.part, part.pid));
    let running = services
        .chain(parts)
        .filter_map(|(name, pid)| Some((name, u32::try_from(pid?).ok()?)));
    running
        .map(|(name, pid)| Process {
            name: name.to_owned(),
            pid,
        })
        .collect()
}
