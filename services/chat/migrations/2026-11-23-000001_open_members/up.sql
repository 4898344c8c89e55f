-- `stays_one_open_per_member` finds the open stays of a conversation as well, and every change of members wrote both.
-- Locks stays for a moment.
drop index stays_open_members;
