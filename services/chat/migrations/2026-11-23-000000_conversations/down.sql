drop table outbox;
drop table stays;
drop table conversations;
