DROP TABLE read_markers, messages, stays, conversations, consumer_progress;
