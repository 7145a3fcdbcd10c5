// Made by tools/api.mjs from docs/reference/live.openapi.json.

/** ApsaraVideo Live interactive messaging, version 2016-11-01: what each operation takes and gives. */
export interface Live {
  /** Makes an interactive messaging application. */
  CreateLiveMessageApp: {
    request: {
      /** The application's name, 2 to 16 characters. */
      AppName?: string;
      /** How messages are moderated: 0 not at all (when not said), 1 by the server's own rules, 2 by `AuditUrl`. */
      AuditType?: 0 | 1 | 2;
      /** The moderation service, needed with `AuditType` 2. It begins with http:// or https:// and names no port and no private address. */
      AuditUrl?: string;
      /** Where events of the application are told; nowhere when empty. The rules of `AuditUrl` apply. */
      EventCallbackUrl?: string;
      /** The data center that the application belongs to, Shanghai when not said. All later calls name it. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
      /** How long messages are kept: 0 for 30 days (when not said), 1 for 90 days, 2 for 180 days. */
      MsgLifeCycle?: 0 | 1 | 2;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The application, a name made by the server. */
      AppId: string;
      /** The key that login tokens are made with. A secret. */
      AppKey: string;
      /** The text that client SDKs are initialised with. */
      AppSign: string;
      /** The data center that the application belongs to. */
      DataCenter: 'cn-shanghai' | 'ap-southeast-1';
    };
  };
  /** Tells everything about an application. */
  DescribeLiveMessageApp: {
    request: {
      /** The application. */
      AppId: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The application. */
      AppId: string;
      /** Its name, empty when it has none. */
      AppName: string;
      /** The key that login tokens are made with. A secret. */
      AppKey: string;
      /** The text that client SDKs are initialised with. */
      AppSign: string;
      /** How messages are moderated: 0 not at all, 1 by the server's own rules, 2 by `AuditUrl`. */
      AuditType: number;
      /** The moderation service, only when `AuditType` is 2. */
      AuditUrl?: string;
      /** Where events are told, empty when nowhere. */
      EventCallbackUrl: string;
      /** Whether the application is disabled. */
      Disable: boolean;
      /** When it was made, in seconds. */
      CreateTime: number;
      /** When it was last changed, in seconds. */
      ModifyTime: number;
      /** Its data center. */
      DataCenter: 'cn-shanghai' | 'ap-southeast-1';
      /** How long messages are kept: 0 for 30 days, 1 for 90 days, 2 for 180 days. */
      MsgLifeCycle: number;
    };
  };
  /** Lists the account's applications. */
  ListLiveMessageApps: {
    request: {
      /** The order by time of creation: 1 ascending, 2 descending. */
      SortType: 1 | 2;
      /** Where to go on; empty or -1 for the first page. */
      NextPageToken?: number;
      /** The data center whose applications are listed, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** Whether there are more. */
      HasMore: boolean;
      /** Where to go on, only when there are more. */
      NextPageToken?: number;
      /** The applications. */
      AppList: Array<{
        /** The application. */
        AppId: string;
        /** The key that login tokens are made with. A secret. */
        AppKey: string;
        /** Its name, empty when it has none. */
        AppName: string;
        /** The text that client SDKs are initialised with. */
        AppSign: string;
        /** Whether it is disabled, as the text `true` or `false`. */
        Disable: string;
        /** When it was made, in seconds. */
        CreateTime: number;
        /** When it was last changed, in seconds. */
        ModifyTime: number;
        /** Its data center. */
        DataCenter: 'cn-shanghai' | 'ap-southeast-1';
        /** How long messages are kept: 0 for 30 days, 1 for 90 days, 2 for 180 days. */
        MsgLifeCycle: number;
      }>;
    };
  };
  /** Changes how an application's messages are moderated. */
  ModifyLiveMessageAppAudit: {
    request: {
      /** The application. */
      AppId: string;
      /** How messages are moderated: 0 not at all, 1 by the server's own rules, 2 by `AuditUrl`. Not said, it stays as it is. */
      AuditType?: 0 | 1 | 2;
      /** The moderation service, needed with `AuditType` 2. It begins with http:// or https:// and names no port and no private address. */
      AuditUrl?: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The application. */
      AppId: string;
      /** The text that client SDKs are initialised with. */
      AppSign: string;
      /** How messages are moderated now. */
      AuditType: number;
      /** The moderation service, only with `AuditType` 2. */
      AuditUrl?: string;
      /** Whether the service is called with a signature: always, where one is called. */
      AuditNeedAuthentication: boolean;
    };
  };
  /** Changes where an application's events are told. */
  ModifyLiveMessageAppCallback: {
    request: {
      /** The application. */
      AppId: string;
      /** Where events of the application are told: nowhere when empty, and where they are told now when not said. It begins with http:// or https:// and names no port and no private address. */
      EventCallbackUrl?: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The application. */
      AppId: string;
      /** The text that client SDKs are initialised with. */
      AppSign: string;
      /** Where events are told now; absent when nowhere. */
      EventCallbackUrl?: string;
      /** Whether what is told there is signed: always, since no request says otherwise. */
      EventCallbackNeedAuthentication: boolean;
    };
  };
  /** Disables an application or enables it again. */
  ModifyLiveMessageAppDisable: {
    request: {
      /** The application. */
      AppId: string;
      /** `true` disables it, `false` enables it again. Not said, it stays as it is. */
      Disable?: boolean;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The application. */
      AppId: string;
      /** The text that client SDKs are initialised with. */
      AppSign: string;
      /** Whether it is disabled now. */
      Disable: boolean;
    };
  };
  /** Makes a group. */
  CreateLiveMessageGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** The group's id, chosen by the caller and unique in the application, at most 64 bytes. */
      GroupId: string;
      /** Its name, at most 128 bytes. */
      GroupName?: string;
      /** A text about it, at most 32 KB. */
      GroupInfo?: string;
      /** At most 3 users with the creator's rights. */
      Administrators?: string[];
      /** Who makes the group. */
      CreatorId?: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The group. */
      GroupId: string;
      /** Whether a group of this id was there already. */
      AlreadyExists: boolean;
      /** Whether that group was deleted: its id cannot be used again. */
      AlreadyDelete: boolean;
    };
  };
  /** Tells everything about a group. */
  DescribeLiveMessageGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The group. */
      GroupId: string;
      /** Who made it, empty when that was not said. */
      CreatorId: string;
      /** Its administrators. */
      AdminList: string[];
      /** When it was made, in seconds. */
      Createtime: number;
      /** Its name, empty when it has none. */
      GroupName: string;
      /** The text about it, empty when there is none. */
      GroupInfo: string;
      /** Whether it was deleted. */
      Delete: boolean;
      /** Joins since the group was made, only while it exists. */
      TotalTimes?: number;
      /** Users in it now, only while it exists. */
      OnlineUserCounts?: number;
      /** The count of each message type, only while the group exists. */
      MsgAmount?: Record<string, number>;
      /** When it was deleted, in seconds, only if it was. */
      Deletatime?: number;
      /** Who deleted it, only if it was deleted and that was said. */
      Deletor?: string;
      /** Whether it has become a super group and has not emptied since. */
      SuperLargeGroup: boolean;
    };
  };
  /** Deletes a group. */
  DeleteLiveMessageGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** Who deletes it; later told as `Deletor`. */
      OperatorId?: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The group that is deleted, or was never there. */
      GroupId: string;
    };
  };
  /** Makes a deleted group exist again. */
  RecoverLiveMessageDeletedGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The group. */
      GroupId: string;
    };
  };
  /** Changes a group's administrators or text. */
  ModifyLiveMessageGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** Whether `AdminList` takes the place of the administrators there are. */
      ModifyAdmin?: boolean;
      /** At most 3 users with the creator's rights; none when empty. */
      AdminList?: string[];
      /** Whether `GroupInfo` takes the place of the text there is. */
      ModifyInfo?: boolean;
      /** A text about the group, at most 32 KB; none when empty. */
      GroupInfo?: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
    };
  };
  /** Lists the groups of an application by token. */
  ListLiveMessageGroups: {
    request: {
      /** The application. */
      AppId: string;
      /** The order by time of creation: 1 ascending, 2 descending. */
      SortType: 1 | 2;
      /** Where to go on; empty or -1 for the first page. */
      NextPageToken?: number;
      /** Which groups: 0 all (when not said), 1 existing, 2 deleted. */
      GroupStatus?: 0 | 1 | 2;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** Whether there are more. */
      Hasmore: boolean;
      /** Where to go on, as a text, only when there are more. */
      NextpageToken?: string;
      /** The groups. */
      GroupList: Array<{
        /** The group. */
        GroupId: string;
        /** Who made it, empty when that was not said. */
        CreatorId: string;
        /** Its administrators. */
        AdminList: string[];
        /** When it was made, in seconds. */
        Createtime: number;
        /** Its name, empty when it has none. */
        GroupName: string;
        /** The text about it, empty when there is none. */
        GroupInfo: string;
        /** Whether it was deleted. */
        Delete: boolean;
      }>;
    };
  };
  /** Lists the groups of an application by page. */
  ListLiveMessageGroupByPage: {
    request: {
      /** The application. */
      AppId: string;
      /** The order by time of creation: 1 ascending, 2 descending. */
      SortType: 1 | 2;
      /** The page, from 1 to 10000, 1 when not said. */
      PageNumber?: number;
      /** Groups to a page, from 1 to 50, 20 when not said. */
      PageSize?: number;
      /** Which groups: 0 all (when not said), 1 existing, 2 deleted. */
      GroupStatus?: 0 | 1 | 2;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** Groups on all pages. */
      TotalCount: number;
      /** The page. */
      PageNumber: number;
      /** Groups to a page. */
      PageSize: number;
      /** The groups. */
      GroupList: Array<{
        /** The group. */
        GroupId: string;
        /** Who made it, empty when that was not said. */
        CreatorId: string;
        /** Its administrators. */
        AdminList: string[];
        /** When it was made, in seconds. */
        Createtime: number;
        /** Its name, empty when it has none. */
        GroupName: string;
        /** The text about it, empty when there is none. */
        GroupInfo: string;
        /** Whether it was deleted. */
        Delete: boolean;
      }>;
    };
  };
  /** Lists the users in a group. */
  ListLiveMessageGroupUsers: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** Users to a page, from 10 to 50. */
      PageSize: number;
      /** The order by time of joining: 1 ascending, 2 descending. */
      SortType: 1 | 2;
      /** Where to go on; empty for the first page. */
      NextPageToken?: number;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The group. */
      GroupId: string;
      /** Where to go on, 0 when there is nothing more. */
      NextPageToken: number;
      /** Whether there are more. */
      Hasmore: boolean;
      /** The users. */
      UserList: Array<{
        /** The user. */
        UserId: string;
        /** What the user said of itself at logon, or `ModifyLiveMessageUserInfo` has put in its place; empty when nothing. */
        UserInfo: string;
      }>;
    };
  };
  /** Tells which of some users are in a group. */
  CheckLiveMessageUsersInGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The users asked for, 1 to 10. */
      UserIds: string[];
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The users asked for, in their order. */
      Users: Array<{
        /** The user. */
        UserId: string;
        /** Whether the user is in the group. */
        Online: boolean;
      }>;
    };
  };
  /** Tells which of some users are logged in. */
  CheckLiveMessageUsersOnline: {
    request: {
      /** The application. */
      AppId: string;
      /** The users asked for, 1 to 10. */
      UserIds: string[];
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The users asked for, in their order. */
      UserList: Array<{
        /** The user. */
        UserId: string;
        /** Whether the user is logged in. */
        Online: boolean;
      }>;
    };
  };
  /** Removes a user from a group. */
  KickLiveMessageGroupUser: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The user to be removed. */
      KickoffUser: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
    };
  };
  /** Changes what is told of a user in all groups that the user is in. */
  ModifyLiveMessageUserInfo: {
    request: {
      /** The application. */
      AppId: string;
      /** The user. */
      UserId: string;
      /** What is told of the user from now on, at most 512 bytes; nothing when it is empty or not said. */
      UserMetaInfo?: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The groups where it was changed. */
      SuccessList: Array<{
        /** The group. */
        GroupId: string;
        /** Always true. */
        Success: boolean;
      }>;
      /** The groups where it could not be changed. */
      FailList: Array<{
        /** Why, as a number. */
        Code: number;
        /** The group. */
        GroupId: string;
        /** Why, in words. */
        Reason: string;
        /** Always false. */
        Success: boolean;
      }>;
    };
  };
  /** Mutes a whole group. */
  BanLiveMessageGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The users who may talk all the same, up to 30, in the place of those before. They stay when not said. */
      ExceptUsers?: string[];
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
    };
  };
  /** Lifts the mute of a whole group. */
  UnbanLiveMessageGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
    };
  };
  /** Mutes users of a group one by one. */
  AddLiveMessageGroupBand: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The users, 1 to 30. They need not be in the group. */
      BannedUsers: string[];
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
    };
  };
  /** Lifts the mutes of users of a group. */
  RemoveLiveMessageGroupBand: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The users, 1 to 30. */
      UnbannedUsers: string[];
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
    };
  };
  /** Sets who may talk in a group, in one call. */
  ModifyLiveMessageGroupBand: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** Whether the whole group is muted. Stays as it is when not said. */
      BannedAll?: boolean;
      /** The users who are muted one by one, up to 30, in the place of those before. They stay when not said. */
      BannnedUsers?: string[];
      /** The users who may talk while the whole group is muted, up to 30, in the place of those before. They stay when not said. */
      ExceptUsers?: string[];
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
    };
  };
  /** Tells who may talk in a group. */
  DescribeLiveMessageGroupBand: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The group. */
      GroupId: string;
      /** The users who are muted one by one. */
      BannedUserList: string[];
      /** The users who may talk while the whole group is muted. */
      UnbannedUserList: string[];
      /** Whether the whole group is muted. */
      IsbannedAll: boolean;
    };
  };
  /** Sends a message to a group. */
  SendLiveMessageGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** Who sends. The sender need not be in the group, nor logged in. */
      SenderId: string;
      /** What is told of the sender, at most 512 bytes. */
      SenderMetaInfo?: string;
      /** The message, at most 15 KB. */
      Body?: string;
      /** Its type, 10001 when not said; a group sees at most 30 types. */
      MsgType?: number;
      /** Its id, chosen by the caller; made by the server when not said. */
      MsgTid?: string;
      /** How much it adds to the count of its type, 1 when not said. */
      StaticsIncrease?: number;
      /** What it counts for when a group gets too many messages, 1 when not said. Suggested: 1 likes, 5 texts, 1000000 gifts. */
      Weight?: number;
      /** Whether it is told only to those who are there now, and not kept. */
      NoStorage?: boolean;
      /** Whether it is left out of the list of recent messages. */
      NoCache?: boolean;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The message's id. */
      MsgTid: string;
    };
  };
  /** Sends a message to a user. */
  SendLiveMessageUser: {
    request: {
      /** The application. */
      AppId: string;
      /** Who is told. The user must be logged in. */
      ReceiverId: string;
      /** Who sends. The sender need not be logged in. */
      SenderId: string;
      /** What is told of the sender, at most 512 bytes. */
      SenderInfo?: string;
      /** The message, at most 15 KB. */
      Body?: string;
      /** Its type, 10001 when not said. */
      MsgType?: number;
      /** Its id, chosen by the caller; made by the server when not said. */
      MsgTid?: string;
      /** Whether it is kept, so that a receiver whose connection drops just then has it after coming back. */
      Storage?: boolean;
      /** Whether the call succeeds only when the receiver has acknowledged the message. */
      HighReliability?: boolean;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The message's id. */
      MsgTid: string;
    };
  };
  /** Lists the stored messages of a group. */
  ListLiveMessageGroupMessages: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** Messages to a page, from 10 to 50. */
      PageSize: number;
      /** The order by time of sending: 1 ascending, 2 descending. */
      SortType: 1 | 2;
      /** Where to go on; empty for the first page. */
      NextPageToken?: number;
      /** Only messages of this type. */
      MsgType?: number;
      /** Only messages sent at or after this time, in seconds. */
      BeginTime?: number;
      /** Only messages sent at or before this time, in seconds. */
      EndTime?: number;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The group. */
      GroupId: string;
      /** Where to go on, 0 when there is nothing more. */
      NextPageToken: number;
      /** Whether there are more. */
      Hasmore: boolean;
      /** The messages. */
      MessageList: Array<{
        /** Its id. */
        MsgTid: string;
        /** Its type. */
        MsgType: number;
        /** What it says. */
        Body: string;
        /** Who sent it. */
        Sender: {
          /** The user. */
          UserId: string;
          /** What is told of the sender, empty when nothing. */
          UserInfo: string;
        };
        /** Its place in the group's order of messages. */
        SeqNumber: number;
        /** When it was sent, in seconds. */
        Timestamp: number;
        /** The running count of its type when it was sent. */
        TotalMessages: number;
      }>;
    };
  };
  /** Takes a message of a group back. */
  DeleteLiveMessageGroupMessage: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The message: the `MsgTid` that sending it answered. */
      MessageId: string;
      /** Who takes it back. */
      DeleterId?: string;
      /** What is told of who takes it back, at most 512 bytes; nothing without `DeleterId`. */
      DeleterInfo?: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The group. */
      GroupId: string;
      /** The message, also one that does not exist. */
      MessageId: string;
    };
  };
  /** Takes a message to a user back. */
  DeleteLiveMessageUserMessage: {
    request: {
      /** The application. */
      AppId: string;
      /** The user whom the message was sent to. */
      ReceiverId: string;
      /** The message: the `MsgTid` that sending it answered. */
      MessageId: string;
      /** Who takes it back. Published as optional, and demanded. */
      DeleterId?: string;
      /** What is told of who takes it back, at most 512 bytes. */
      DeleterInfo?: string;
      /** The application's data center, Shanghai when not said. */
      DataCenter?: 'cn-shanghai' | 'ap-southeast-1';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
    };
  };
  /** Makes an application. */
  CreateMessageApp: {
    request: {
      /** The application's name, 2 to 16 characters. */
      AppName: string;
      /** The caller's settings, texts by name; the server keeps them and does not read them. */
      AppConfig?: Record<string, string>;
      /** The caller's own fields, texts by name; the server keeps them and does not read them. */
      Extension?: Record<string, string>;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** The application, a name made by the server. */
        AppId: string;
      };
    };
  };
  /** Tells everything about an application. */
  GetMessageApp: {
    request: {
      /** The application. */
      AppId: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** The caller's settings. */
        AppConfig: Record<string, string>;
        /** The application. */
        AppId: string;
        /** Its name. */
        AppName: string;
        /** When it was made, in seconds. */
        CreateTime: number;
        /** The caller's own fields. */
        Extension: Record<string, string>;
        /** 1: normal. */
        Status: number;
      };
    };
  };
  /** Lists the account's applications by page. */
  ListMessageApp: {
    request: {
      /** The order by time of creation: 0 ascending (when not said), 1 descending. */
      SortType?: 0 | 1;
      /** The page, from 1 to 100000. */
      PageNum: number;
      /** Applications to a page, from 1 to 50. */
      PageSize: number;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** The applications. */
        AppList: Array<{
          /** The caller's settings. */
          AppConfig: Record<string, string>;
          /** The application. */
          AppId: string;
          /** Its name. */
          AppName: string;
          /** When it was made, in seconds. */
          CreateTime: number;
          /** The caller's own fields. */
          Extension: Record<string, string>;
          /** 1: normal. */
          Status: number;
        }>;
        /** Whether there is a next page. */
        HasMore: boolean;
        /** Applications on all pages. */
        Total: number;
      };
    };
  };
  /** Finds applications by id or name. */
  QueryMessageApp: {
    request: {
      /** The application that is looked for. */
      AppId?: string;
      /** The whole name of the applications that are looked for. */
      AppName?: string;
      /** The order by time of creation: 0 ascending (when not said), 1 descending. */
      SortType?: 0 | 1;
      /** The page, from 1 to 100000, 1 when not said. */
      PageNum?: number;
      /** Applications to a page, from 1 to 50, 20 when not said. */
      PageSize?: number;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: Array<{
        /** The applications. */
        AppList: Array<{
          /** The caller's settings. */
          AppConfig: Record<string, string>;
          /** The application. */
          AppId: string;
          /** Its name. */
          AppName: string;
          /** When it was made, in seconds. */
          CreateTime: number;
          /** The caller's own fields. */
          Extension: Record<string, string>;
          /** 1: normal. */
          Status: number;
        }>;
        /** Whether there is a next page. */
        HasMore: boolean;
        /** Applications on all pages. */
        TotalCount: number;
      }>;
    };
  };
  /** Changes an application. */
  UpdateMessageApp: {
    request: {
      /** The application. */
      AppId: string;
      /** Its new name, 2 to 16 characters; not said, it stays. */
      AppName?: string;
      /** The caller's settings, which take the place of those there are; not said, they stay. */
      AppConfig?: Record<string, string>;
      /** The caller's own fields, which take the place of those there are; not said, they stay. */
      Extension?: Record<string, string>;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Whether it is done. */
        Success: boolean;
      };
    };
  };
  /** Deletes an application. */
  DeleteMessageApp: {
    request: {
      /** The application. */
      AppId: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Whether it is done. */
        Success: boolean;
      };
    };
  };
  /** Makes a group. */
  CreateMessageGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** Who makes the group, at most 36 characters. */
      CreatorId: string;
      /** The caller's own fields, texts by name; the server keeps them and does not read them. */
      Extension?: Record<string, string>;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** The caller's own fields. */
        Extension: Record<string, string>;
        /** The group, an id made by the server. */
        GroupId: string;
      };
    };
  };
  /** Tells everything about a group. */
  GetMessageGroup: {
    request: {
      /** The group. */
      GroupId: string;
      /** The application. */
      AppId: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** When it was made, in seconds. */
        CreateTime: number;
        /** Who made it. */
        CreatorId: string;
        /** The caller's own fields. */
        Extension: Record<string, string>;
        /** The group. */
        GroupId: string;
        /** Whether everybody in it is muted. */
        IsMuteAll: boolean;
        /** 1: normal. */
        Status: number;
      };
    };
  };
  /** Changes the caller's fields of a group. */
  UpdateMessageGroup: {
    request: {
      /** The group. */
      GroupId: string;
      /** The application. */
      AppId: string;
      /** The caller's own fields, which take the place of those there are; not said, they stay. */
      Extension?: Record<string, string>;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Whether it is done. */
        Success: boolean;
      };
    };
  };
  /** Tells a group's figures. */
  GetGroupStatistics: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Likes since the group was made. */
        LikeCount: number;
        /** Members present. */
        OnlineCount: number;
        /** Joins since the group was made. */
        PV: number;
        /** Different users among them. */
        UV: number;
      };
    };
  };
  /** Closes a group. */
  CloseMessageGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Whether it is done. */
        Success: boolean;
      };
    };
  };
  /** Lists groups by page. */
  ListMessageGroup: {
    request: {
      /** The user whose groups are listed; all groups of the application when not said. */
      UserId?: string;
      /** The application. Mandatory, though the documentation marks it optional. */
      AppId?: string;
      /** The order by time of creation: 0 ascending (when not said), 1 descending. */
      SortType?: 0 | 1;
      /** The page, from 1 to 100000. */
      PageNum: number;
      /** Groups to a page, from 1 to 50. */
      PageSize: number;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** The groups. */
        GroupList: Array<{
          /** The application. */
          AppId: string;
          /** When the group was made, in seconds. */
          CreateTime: number;
          /** Who made it. */
          CreatorId: string;
          /** The caller's own fields. */
          Extension: Record<string, string>;
          /** The group. */
          GroupId: string;
          /** 1: normal. */
          Status: number;
        }>;
        /** Whether there is a next page. */
        HasMore: boolean;
        /** Groups on all pages. */
        Total: number;
      };
    };
  };
  /** Makes a user a member of a group. */
  JoinMessageGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** The group, which must exist. */
      GroupId: string;
      /** The user, at most 32 characters. */
      UserId: string;
      /** Who is told: 0 nobody (when not said), 1 the user, 2 the whole group. */
      BroadCastType?: 0 | 1 | 2;
      /** Whether what is told carries the group's figures: joins, members, whether it is muted. */
      BroadCastStatistics?: boolean;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Whether it is done. */
        Success: boolean;
      };
    };
  };
  /** Ends a user's membership of a group. */
  LeaveMessageGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The user. */
      UserId: string;
      /** Who is told: 0 nobody (when not said), 1 the user, 2 the whole group. */
      BroadCastType?: 0 | 1 | 2;
      /** Whether what is told carries the group's figures: joins, members, whether it is muted. */
      BroadCastStatistics?: boolean;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Whether it is done. */
        Success: boolean;
      };
    };
  };
  /** Lists the members of a group by page. */
  ListMessageGroupUser: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The order by time of joining: 0 ascending (when not said), 1 descending. */
      SortType?: 0 | 1;
      /** The page, from 1 to 100000, 1 when not said. */
      PageNum?: number;
      /** Members to a page, from 1 to 50, 20 when not said. */
      PageSize?: number;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Whether there is a next page. */
        HasMore: boolean;
        /** Members on all pages. */
        Total: number;
        /** The members. */
        UserList: Array<{
          /** When the user joined, in milliseconds. */
          JoinTime: number;
          /** The user. */
          UserId: string;
        }>;
      };
    };
  };
  /** Tells of some users of a group whether they may talk. */
  ListMessageGroupUserById: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The users, 1 to 200. */
      UserIdList: string[];
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Always false: all are told at once. */
        HasMore: boolean;
        /** How many of the users are in the group. */
        Total: number;
        /** Those who are, in the order asked for. */
        UserList: Array<{
          /** Whether the user may not talk. */
          IsMute: boolean;
          /** What mutes the user: `group`, `user`, or both. */
          MuteBy: string[];
          /** Always empty: logins of this generation tell none. */
          UserAvatar: string;
          /** What the user has told of itself, empty when nothing. */
          UserExtension: string;
          /** The user. */
          UserId: string;
          /** Always empty: logins of this generation tell none. */
          UserNick: string;
        }>;
      };
    };
  };
  /** Tells which of some users are online in a group. */
  BatchGetOnlineUsers: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The users asked for, 1 to 20, joined by commas. */
      UserIds: string[];
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** The users asked for, in their order. */
        OnlineUsers: Array<{
          /** When the user joined the group, in milliseconds; 0 for a user who is not in it. */
          JoinTime: number;
          /** Whether the user is connected and in the group. */
          Online: boolean;
          /** The user. */
          UserId: string;
        }>;
      };
    };
  };
  /** Mutes members of a group for a time. */
  MuteGroupUser: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The users, 1 to 200. They need not be in the group. */
      MuteUserList: string[];
      /** For how many seconds, up to ten years. A day when not said or 0. */
      MuteTime?: number;
      /** Who does it: the group's creator. Must be said. */
      OperatorUserId?: string;
      /** Who is told: 0 nobody (when not said), 1 the users, 2 the whole group. */
      BroadCastType?: 0 | 1 | 2;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Whether it is done. */
        Success: boolean;
      };
    };
  };
  /** Lifts the mutes of members of a group. */
  CancelMuteGroupUser: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The users, 1 to 200. */
      CancelMuteUserList: string[];
      /** Who does it: the group's creator. Must be said. */
      OperatorUserId?: string;
      /** Who is told: 0 nobody (when not said), 1 the users, 2 the whole group. */
      BroadCastType?: 0 | 1 | 2;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Whether it is done. */
        Success: boolean;
      };
    };
  };
  /** Mutes a whole group. */
  MuteAllGroupUser: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** Who does it: the group's creator. */
      OperatorUserId: string;
      /** Who is told: 0 nobody (when not said), 1 the creator, 2 the whole group. */
      BroadCastType?: 0 | 1 | 2;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Whether it is done. */
        Success: boolean;
      };
    };
  };
  /** Lifts the mute of a whole group. */
  CancelMuteAllGroupUser: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** Who does it: the group's creator. Must be said. */
      OperatorUserId?: string;
      /** Who is told: 0 nobody (when not said), 1 the creator, 2 the whole group. */
      BroadCastType?: 0 | 1 | 2;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Whether it is done. */
        Success: boolean;
      };
    };
  };
  /** Lists the members of a group who are muted one by one. */
  ListMuteGroupUser: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** The page, from 1 to 100000. */
      PageNum: number;
      /** Users to a page, from 1 to 50. */
      PageSize: number;
      /** Who asks: the group's creator, if said. */
      OperatorUserId?: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Whether there is a next page. */
        HasMore: boolean;
        /** Users on all pages. */
        Total: number;
        /** The users. */
        UserList: Array<{
          /** The user. */
          UserId: string;
        }>;
      };
    };
  };
  /** Sends a message to everybody in a group. */
  SendMessageToGroup: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** In whose name. The user need not be in the group. */
      OperatorUserId: string;
      /** Its type, 10001 when not said. Above 10000 it is the application's own. */
      Type?: number;
      /** The message, at most 15 KB: JSON by custom, and any text. */
      Data: string;
      /** Whether it is spared moderation. */
      SkipAudit?: boolean;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Its id. */
        MessageId: string;
      };
    };
  };
  /** Sends a message to some members of a group. */
  SendMessageToGroupUsers: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** Its type. Above 10000 it is the application's own. */
      Type: number;
      /** In whose name. The user need not be in the group. */
      OperatorUserId: string;
      /** Who hears it: 1 to 100 users. Must be said. */
      ReceiverIdList?: string[];
      /** The message, at most 15 KB: JSON by custom, and any text. */
      Data: string;
      /** Whether it is spared moderation. */
      SkipAudit?: boolean;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Its id. */
        MessageId: string;
      };
    };
  };
  /** Adds likes to a group. */
  SendLike: {
    request: {
      /** The application. */
      AppId: string;
      /** The group. */
      GroupId: string;
      /** Who likes it, the group's creator when not said. The user need not be in the group. */
      OperatorUserId?: string;
      /** How many likes: a number from 1 to 2147483647. */
      Count: string;
      /** Who is told: 0 nobody (when not said), 1 who likes it, 2 the whole group. */
      BroadCastType?: 0 | 1 | 2;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** How many the group has by now. */
        LikeCount: number;
      };
    };
  };
  /** Lists the stored messages of a group by page. */
  ListMessage: {
    request: {
      /** The group. */
      GroupId: string;
      /** The application. */
      AppId: string;
      /** Only messages of this type. */
      Type?: number;
      /** The order by time of sending: 0 ascending (when not said), 1 descending. */
      SortType?: 0 | 1;
      /** The page, from 1 to 100000. */
      PageNum: number;
      /** Messages to a page, from 1 to 50. */
      PageSize: number;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** Whether there is a next page. */
        HasMore: boolean;
        /** The messages. */
        MessageList: Array<{
          /** What it says. */
          Data: string;
          /** The group. */
          GroupId: string;
          /** Its id. */
          MessageId: string;
          /** Who sent it. */
          SenderId: string;
          /** Its type; the nearest number of 32 bits to what a client has said. */
          Type: number;
        }>;
      };
    };
  };
  /** Issues the token that a client of one device logs in with. */
  GetMessageToken: {
    request: {
      /** The application. */
      AppId: string;
      /** The device, named by the caller, at most 64 characters. */
      DeviceId: string;
      /** The kind of device: ios, android, web or pc, in any case. */
      DeviceType: 'ios' | 'android' | 'web' | 'pc';
      /** The user, at most 32 characters. */
      UserId: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** The answer. */
      Result: {
        /** What the client logs in with. */
        AccessToken: string;
        /** How long it is good for, in milliseconds. */
        AccessTokenExpiredTime: number;
        /** What a new token can be had for after that. */
        RefreshToken: string;
      };
    };
  };
}
