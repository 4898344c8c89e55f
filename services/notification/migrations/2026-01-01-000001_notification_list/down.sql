DROP TABLE mutes, notifications, recent_messages, stays, conversations, consumer_progress;
