//! The cache is stopped, and comes back with what it had, or with nothing.

use integration_tests::{
    client::{Person, live::LiveStream, new_id},
    mesh::{Mesh, Service},
};
use quicksync::chat::v1::SendMessageResponse;
use uuid::Uuid;

use super::{
    talk::{Manner, Talk, Transcript, send_thrice},
    turn,
};

const EXCHANGE: usize = 40;

/// A conversation beside the talk, where it is quiet enough to look at each message.
struct Corner {
    conversation_id: String,
    /// One person by three ways.
    speaker: [Person; 3],
    transcript: Transcript,
    answers: Vec<(Uuid, SendMessageResponse)>,
}

impl Corner {
    async fn new(mesh: &Mesh, ada: &Person, grace: &Person) -> Self {
        let replica = |number| mesh.replica(Service::Chat, number).url();
        Self {
            conversation_id: ada
                .group("corner", &[grace.user_id])
                .await
                .unwrap()
                .conversation_id,
            speaker: [
                ada.clone(),
                ada.at(&replica(1)).unwrap(),
                ada.at(&replica(2)).unwrap(),
            ],
            transcript: Transcript::default(),
            answers: Vec::new(),
        }
    }

    /// Says something new three times at once, and everything old once more; then reads it all.
    async fn visit(&mut self, when: &str) {
        let id = new_id();
        let answer = self.say(id, when).await;
        for (id, answer) in &self.answers {
            let again = self.say(*id, "something else").await;
            assert_eq!(again, *answer, "{when}: a repeated send had another answer");
        }
        self.transcript
            .said
            .insert(answer.sequence, when.to_owned());
        self.answers.push((id, answer));
        self.transcript
            .assert_in_history(&self.speaker[0], &self.conversation_id)
            .await;
        let newest = self.speaker[0].newest(&self.conversation_id).await.unwrap();
        self.transcript
            .assert_is(&newest, &format!("{when}: the newest page"));
    }

    async fn say(&self, id: Uuid, text: &str) -> SendMessageResponse {
        send_thrice(self.speaker.each_ref(), &self.conversation_id, id, text).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_or_refused_while_redis_is_away_or_when_it_returns() {
    let mesh = turn().await;
    let [ada, grace] = Person::register_all(&mesh.gateway_url(), ["ada", "grace"])
        .await
        .unwrap();
    let conversation = ada.direct(grace.user_id).await.unwrap().conversation_id;
    let mut corner = Corner::new(&mesh, &ada, &grace).await;
    let stream = LiveStream::open(&grace).await.unwrap();
    let talk = Talk::begin(&conversation, &[&ada, &grace], Manner::Undisturbed);
    talk.until_more(EXCHANGE).await;
    corner.visit("before").await;

    let redis = mesh.parts().redis();
    for (away, back, wiped) in [
        ("away", "back with what it had", false),
        ("away again", "back with nothing", true),
    ] {
        redis.stop().await.unwrap();
        talk.until_more(EXCHANGE).await;
        corner.visit(away).await;
        if wiped {
            redis.wipe().unwrap();
        }
        redis.start().await.unwrap();
        talk.until_more(EXCHANGE).await;
        corner.visit(back).await;
    }

    let transcript = talk.end().await;
    transcript.assert_in_history(&grace, &conversation).await;
    transcript
        .assert_live(&stream, &conversation, "a stream")
        .await;
    corner
        .transcript
        .assert_live(&stream, &corner.conversation_id, "a stream, of the corner")
        .await;
    assert_eq!(stream.seen().endings, Vec::<String>::new());
}
