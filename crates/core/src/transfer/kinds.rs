//! The kinds of records, said once.

/// Hands every kind to a macro, in the order in which their records come: what it is of, as what its records are known here
/// and written in a line, what an operator calls them, and since which format there are some.
macro_rules! for_every_kind {
    ($given:ident) => {
        $given! {
            /// An account.
            Account(Account, AccountForm) "accounts" since 1;
            /// A user of an account.
            User(RamUser, UserForm) "users" since 1;
            /// An access key; its secret is sealed.
            Key(AccessKey, KeyForm) "access keys" since 1;
            /// A policy.
            Policy(StoredPolicy, PolicyForm) "policies" since 1;
            /// A policy attached to a user.
            Attachment(Attachment, AttachmentForm) "attached policies" since 1;
            /// A role.
            Role(Role, RoleForm) "roles" since 4;
            /// A policy attached to a role.
            RoleAttachment(RoleAttachment, RoleAttachmentForm) "policies of roles" since 4;
            /// An application, in the order of creation.
            App(AppRecord, AppRecordForm) "applications" since 1;
            /// A channel, in the order of creation.
            Channel(ChannelRecord, ChannelRecordForm) "channels" since 1;
            /// A business number, in the order of binding.
            BusinessNumber(BusinessNumber, BusinessNumberForm) "business numbers" since 1;
            /// The last number that a group was given; 0 if none was. The next group takes a higher one.
            LastGroupNumber(i64, i64) "last group number" since 1;
            /// A group, deleted ones and those of customer groups included, in the order of numbers.
            Group(GroupRecord, GroupRecordForm) "groups" since 1;
            /// The count of one type of messages in one group.
            MessageCount(MessageCount, MessageCountForm) "message counts" since 1;
            /// A customer group.
            ChatGroup(ChatGroupRecord, ChatGroupRecordForm) "customer groups" since 1;
            /// An invite code, those taken back included.
            Invite(InviteRecord, InviteForm) "invites" since 1;
            /// Somebody who was removed from a customer group.
            Removal(Removal, RemovalForm) "removed participants" since 4;
            /// What was said in a customer group or to a single person, in the order of places.
            ChatMessage(ChatMessage, ChatMessageForm) "messages of business numbers" since 4;
            /// A file of a channel.
            ChatFile(ChatFile, ChatFileForm) "files" since 4;
            /// What holds for a whole group.
            GroupMute(GroupMute, GroupMuteForm) "mutes of whole groups" since 4;
            /// What holds for a user of a group.
            Mute(Mute, MuteForm) "mutes" since 3;
            /// A word of an application's list.
            Word(Word, WordForm) "words" since 3;
            /// Somebody who has been in a group.
            Visitor(Visitor, VisitorForm) "visitors" since 4;
            /// A durable membership of a group that is not deleted, in the order of join numbers.
            Member(MemberRecord, MemberForm) "members" since 1;
            /// A user's stream.
            UserStream(UserStream, UserStreamForm) "users' streams" since 1;
            /// A stored event, in the order of its stream.
            Entry(StreamEntry, EntryForm) "stored events" since 1;
        }
    };
}
pub(super) use for_every_kind;
