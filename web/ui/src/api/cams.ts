// Made by tools/api.mjs from docs/reference/cams.openapi.json.

/** Chat App Message Service, chat groups, version 2020-06-06: what each operation takes and gives. */
export interface Cams {
  /** Makes a group. */
  AddChatGroup: {
    request: {
      /** The business number that runs the group: digits, country code first. */
      BusinessNumber: string;
      /** The kind of channel: WHATSAPP. */
      ChannelType?: 'WHATSAPP';
      /** The channel. */
      CustSpaceId: string;
      /** What the group is about, at most 2048 characters. */
      Description?: string;
      /** The group's title, at most 128 characters. Blanks around it are left out. */
      Subject: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** A code of the group, of no use to other operations. */
      UniqueCode: string;
    };
  };
  /** Changes the title, the description and the picture of a group. */
  UpdateChatGroup: {
    request: {
      /** The business number that runs the group: digits, country code first. */
      BusinessNumber: string;
      /** The kind of channel: WHATSAPP. */
      ChannelType?: 'WHATSAPP';
      /** The channel. */
      CustSpaceId: string;
      /** What the group is about from now on, at most 2048 characters; nothing, when the text is empty. */
      Description?: string;
      /** The group. */
      GroupId: string;
      /** Where the group's new picture is: the public `http://` or `https://` URL of a square JPEG file of at least 192 pixels a side and at most 5 MB. Nothing, when the text is empty. */
      ProfilePictureFile?: string;
      /** The group's new title, at most 128 characters. Blanks around it are left out. */
      Subject?: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** How many were changed. */
      Result: number;
    };
  };
  /** Deletes a group for ever. */
  DeleteChatGroup: {
    request: {
      /** The business number that runs the group: digits, country code first. */
      BusinessNumber: string;
      /** The kind of channel: WHATSAPP. */
      ChannelType?: 'WHATSAPP';
      /** The channel. */
      CustSpaceId: string;
      /** The group. */
      GroupId: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** How many were changed. */
      Result: number;
    };
  };
  /** Lists the groups of a business number. */
  ListChatGroup: {
    request: {
      /** The business number that runs the groups: digits, country code first. */
      BusinessNumber: string;
      /** The kind of channel: WHATSAPP. */
      ChannelType?: 'WHATSAPP';
      /** The channel. */
      CustSpaceId: string;
      /** Only groups that stand here. */
      GroupStatus?: 'ACTIVE' | 'INACTIVE' | 'SUSPENDED' | 'CREATING' | 'DELETING' | 'UPDATING';
      /** The page, as JSON text: `{"Index":1,"Size":20}`. */
      Page: {
        /** Entries to a page, from 1 to 100. */
        Size: number;
        /** The page, from 1. */
        Index: number;
      };
      /** Only groups of exactly this title. */
      Subject?: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** The page. */
      Data: {
        /** Entries on all pages. */
        Total: number;
        /** The entries of the page. */
        List: Array<{
          /** The business number that runs it. */
          BusinessNumber: string;
          /** The business's role in it; WhatsApp has none, and the text is empty. */
          BusinessRole: string;
          /** What it is about, empty when that was not said. */
          Description: string;
          /** When it was last changed, in milliseconds. */
          GmtModifier: number;
          /** The group. */
          GroupId: string;
          /** Its address at other kinds of channel; empty for WhatsApp. */
          GroupLink: string;
          /** Where it stands. */
          GroupStatus: 'ACTIVE' | 'INACTIVE' | 'SUSPENDED' | 'CREATING' | 'DELETING' | 'UPDATING';
          /** Its kind at other kinds of channel; empty for WhatsApp. */
          GroupType: string;
          /** Its invite link, empty when it has none. */
          InviteLink: string;
          /** The address of its picture, empty when it has none. */
          ProfilePictureFile: string;
          /** Its title. */
          Subject: string;
          /** People in it, the business not counted. */
          TotalParticipantCount: number;
        }>;
      };
    };
  };
  /** Makes the invite link of a group. */
  AddChatGroupInviteLink: {
    request: {
      /** The business number that runs the group: digits, country code first. */
      BusinessNumber: string;
      /** The kind of channel: WHATSAPP. */
      ChannelType?: 'WHATSAPP';
      /** The channel. */
      CustSpaceId: string;
      /** The group. */
      GroupId: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** The link that people join through. */
      InviteLink: string;
    };
  };
  /** Ends the invite link of a group. */
  DeleteChatGroupInviteLink: {
    request: {
      /** The business number that runs the group: digits, country code first. */
      BusinessNumber: string;
      /** The kind of channel: WHATSAPP. */
      ChannelType?: 'WHATSAPP';
      /** The channel. */
      CustSpaceId: string;
      /** The group. */
      GroupId: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** How many were changed. */
      Result: number;
    };
  };
  /** Lists the people in a group. */
  ListChatGroupParticipants: {
    request: {
      /** The business number that runs the group: digits, country code first. */
      BusinessNumber: string;
      /** The kind of channel: WHATSAPP. */
      ChannelType?: 'WHATSAPP';
      /** The channel. */
      CustSpaceId: string;
      /** The group. */
      GroupId: string;
      /** The page, as JSON text: `{"Index":1,"Size":20}`. The first twenty when not said. */
      Page?: {
        /** Entries to a page, from 1 to 100, 20 when not said. */
        Size?: number;
        /** The page, from 1, 1 when not said. */
        Index?: number;
      };
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** The page. */
      Data: {
        /** Entries on all pages. */
        Total: number;
        /** The entries of the page. */
        List: Array<{
          /** The phone number, in digits. */
          ParticipantNumber: string;
        }>;
      };
    };
  };
  /** Removes people from a group. */
  DeleteChatGroupParticipants: {
    request: {
      /** The business number that runs the group: digits, country code first. */
      BusinessNumber: string;
      /** The kind of channel: WHATSAPP. */
      ChannelType?: 'WHATSAPP';
      /** The channel. */
      CustSpaceId: string;
      /** The group. */
      GroupId: string;
      /** Who, from 1 to 8, as JSON text: `[{"ParticipantNumber":"8613800138000"}]`. */
      List: Array<{
        /** The phone number: digits, country code first. */
        ParticipantNumber: string;
      }>;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** How many were changed. */
      Result: number;
    };
  };
  /** Sends a message to a group or to one person. */
  SendChatappMessage: {
    request: {
      /** The kind of channel: whatsapp. */
      ChannelType: 'WHATSAPP';
      /** What the message says, as JSON text; which keys it has depends on `MessageType`. */
      Content?: string;
      /** The message of the same conversation that it answers. */
      ContextMessageId?: string;
      /** The channel. Without it, that of the business number. */
      CustSpaceId?: string;
      /** The business number that sends: digits, country code first. */
      From: string;
      /** The type of the message. */
      MessageType?: 'text' | 'image' | 'video' | 'audio' | 'document' | 'location' | 'contacts' | 'reaction' | 'sticker' | 'pin';
      /** Whom it is for. */
      RecipientType?: 'individual' | 'group';
      /** What the caller calls the work that the message is sent for, at most 64 characters. Callbacks tell it. */
      TaskId?: string;
      /** The group, or the receiver's number. */
      To: string;
      /** What kind of message it is: `message`. */
      Type: 'message';
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`. */
      Code: string;
      /** The message's id. */
      MessageId: string;
    };
  };
  /** Lists the messages of a business number. */
  ListChatappMessage: {
    request: {
      /** The business number: digits, country code first. */
      BusinessNumber: string;
      /** The kind of channel: whatsapp. */
      ChannelType: 'WHATSAPP';
      /** The channel. */
      CustSpaceId: string;
      /** Only messages that were taken until then, in milliseconds. */
      EndTime?: number;
      /** Only messages of the business, or only those that people wrote. */
      EventAction?: 'DOWN' | 'UP';
      /** Only messages that stand here. */
      MessageStatus?: 'Accepted' | 'Sent' | 'Delivered' | 'Read' | 'Failed' | 'Received';
      /** The page, as JSON text: `{"Index":1,"Size":20}`. */
      Page: {
        /** Entries to a page, from 1 to 100. */
        Size: number;
        /** The page, from 1. */
        Index: number;
      };
      /** Only messages that were taken since then, in milliseconds. */
      StartTime?: number;
      /** Only messages of this template. There are no templates: then no message is listed. */
      TemplateCode?: string;
      /** Only messages that this number wrote or alone was sent, or those in this group. */
      UserNumber?: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** It. */
      Data: Array<{
        /** The business number. */
        BusinessNumber: string;
        /** The kind of channel: WHATSAPP. */
        ChannelType: string;
        /** The message of the same conversation that it answers. Not documented: named as SendChatappMessage names the same. */
        ContextMessageId?: string;
        /** The conversation: the group, or the number of the person that the business talks with. */
        ConversationId: string;
        /** Which way it went. */
        EventAction: 'DOWN' | 'UP';
        /** Why it failed, empty when it has not. */
        FailReason: string;
        /** What it says: a text as it is, all else as JSON text with the keys of SendChatappMessage. */
        Message: string;
        /** Its id. */
        MessageId: string;
        /** Where it stands. */
        MessageStatus: 'Accepted' | 'Sent' | 'Delivered' | 'Read' | 'Failed' | 'Received';
        /** Its type, as SendChatappMessage has it. */
        MessageType: string;
        /** When it was taken: milliseconds, as text. */
        SendTime: string;
        /** What kind of message it is: `message`. */
        Type: string;
        /** Who wrote it, or the person or group that the business wrote to. */
        UserNumber: string;
      }>;
    };
  };
  /** Makes a channel. */
  CreateInstance: {
    request: {
      /** The kind of channel: WHATSAPP. */
      ChannelType: 'WHATSAPP';
      /** Where its owner is written to, at most 512 characters. */
      ContactMail?: string;
      /** The country that its owner is in, at most 512 characters. */
      CountryId?: string;
      /** What it is for, at most 512 characters. */
      InstanceDescription?: string;
      /** Its name, at most 128 characters. Blanks around it are left out. */
      InstanceName: string;
      /** The address there, at most 512 characters. */
      OfficeAddress?: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** It. */
      Data: {
        /** The kind of channel: WHATSAPP. */
        ChannelType: string;
        /** What it is for, empty when that was not said. */
        InstanceDescription: string;
        /** The channel: what other operations call `CustSpaceId`. */
        InstanceId: string;
        /** When it was made: ISO 8601, in UTC. */
        SubmitTime: string;
      };
    };
  };
  /** Lists the channels of the account. */
  ListInstance: {
    request: {
      /** The kind of channel: WHATSAPP. */
      ChannelType?: 'WHATSAPP';
      /** Only channels in whose id or name this text is. */
      FilterStr?: string;
      /** Only the channel of this id. */
      InstanceId?: string;
      /** Only channels of exactly this name. */
      InstanceName?: string;
      /** The page, from 1, 1 when not said. */
      PageIndex?: number;
      /** Entries to a page, from 1 to 100, 20 when not said. */
      PageSize?: number;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** The channels of the page. */
      Data: Array<{
        /** The kind of channel: WHATSAPP. */
        ChannelType: string;
        /** What it is for, empty when that was not said. */
        InstanceDescription: string;
        /** The channel: what other operations call `CustSpaceId`. */
        InstanceId: string;
        /** When it was made: ISO 8601, in UTC. */
        SubmitTime: string;
        /** Where its owner is written to, empty when that was not said. */
        ContactMail: string;
        /** The country that its owner is in, empty when that was not said. */
        CountryId: string;
        /** Its name. */
        InstanceName: string;
        /** The address there, empty when that was not said. */
        OfficeAddress: string;
        /** The same as `InstanceId`. */
        CustSpaceId: string;
      }>;
      /** Channels on all pages. */
      TotalCount: number;
    };
  };
  /** Describes a channel. */
  QueryInstance: {
    request: {
      /** The channel. */
      InstanceId: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** It. */
      Data: {
        /** The kind of channel: WHATSAPP. */
        ChannelType: string;
        /** What it is for, empty when that was not said. */
        InstanceDescription: string;
        /** The channel: what other operations call `CustSpaceId`. */
        InstanceId: string;
        /** When it was made: ISO 8601, in UTC. */
        SubmitTime: string;
        /** Where its owner is written to, empty when that was not said. */
        ContactMail: string;
        /** The country that its owner is in, empty when that was not said. */
        CountryId: string;
        /** Its name. */
        InstanceName: string;
        /** The address there, empty when that was not said. */
        OfficeAddress: string;
      };
    };
  };
  /** Changes what is said of a channel. */
  UpdateInstance: {
    request: {
      /** Where its owner is written to from now on, at most 512 characters. */
      ContactMail?: string;
      /** The country that its owner is in from now on, at most 512 characters. */
      CountryId?: string;
      /** What it is for from now on, at most 512 characters. */
      InstanceDescription?: string;
      /** The channel. */
      InstanceId: string;
      /** Its name from now on, at most 128 characters. Blanks around it are left out. */
      InstanceName: string;
      /** The address there from now on, at most 512 characters. */
      OfficeAddress?: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** It. */
      Data: {
        /** The kind of channel: WHATSAPP. */
        ChannelType: string;
        /** What it is for, empty when that was not said. */
        InstanceDescription: string;
        /** The channel: what other operations call `CustSpaceId`. */
        InstanceId: string;
        /** When it was made: ISO 8601, in UTC. */
        SubmitTime: string;
        /** The same as `InstanceDescription`. */
        Description: string;
        /** Its name. */
        InstanceName: string;
      };
    };
  };
  /** Deletes a channel for ever. */
  DeleteInstance: {
    request: {
      /** The channel. */
      InstanceId: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
    };
  };
  /** Lists the business numbers of a channel. */
  QueryChatappPhoneNumbers: {
    request: {
      /** The channel. Without one, the numbers of all channels of the account are listed. */
      CustSpaceId?: string;
      /** Only numbers that stand here: in `Status` or in `CodeVerificationStatus`. */
      Status?: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** The numbers. */
      PhoneNumbers: Array<{
        /** Whether the number was verified: VERIFIED, by the operator who bound it. */
        CodeVerificationStatus: string;
        /** Whether the number may run groups: Y, any may. */
        IsOfficial: string;
        /** How many people may be written to in a day: TIER_UNLIMITED. */
        MessagingLimitTier: string;
        /** Whether the name was reviewed: APPROVED, there is no review. */
        NameStatus: string;
        /** The number: digits, country code first. */
        PhoneNumber: string;
        /** How people take its messages: UNKNOWN, nobody is asked. */
        QualityRating: string;
        /** Where it stands: CONNECTED. */
        Status: string;
        /** Where is told what becomes of messages, if it is said. */
        StatusCallbackUrl?: string;
        /** Where is told what people write, if it is said. */
        UpCallbackUrl?: string;
        /** The name of its channel. */
        VerifiedName: string;
      }>;
    };
  };
  /** Brings the business numbers of a channel up to date, and lists them. */
  ChatappSyncPhoneNumber: {
    request: {
      /** The channel. */
      CustSpaceId: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** The numbers. */
      PhoneNumbers: Array<{
        /** Whether the number was verified: VERIFIED, by the operator who bound it. */
        CodeVerificationStatus: string;
        /** Whether the number may run groups: Y, any may. */
        IsOfficial: string;
        /** How many people may be written to in a day: TIER_UNLIMITED. */
        MessagingLimitTier: string;
        /** Whether the name was reviewed: APPROVED, there is no review. */
        NameStatus: string;
        /** The number: digits, country code first. */
        PhoneNumber: string;
        /** How people take its messages: UNKNOWN, nobody is asked. */
        QualityRating: string;
        /** Where it stands: CONNECTED. */
        Status: string;
        /** Where is told what becomes of messages, if it is said. */
        StatusCallbackUrl?: string;
        /** Where is told what people write, if it is said. */
        UpCallbackUrl?: string;
        /** The name of its channel. */
        VerifiedName: string;
      }>;
    };
  };
  /** Says where the owner of a channel is told of what concerns the whole account. */
  UpdateAccountWebhook: {
    request: {
      /** The channel. */
      CustSpaceId: string;
      /** Whether what happens is pushed over HTTP: Y or N. Not given, it stays as it is; at first it is Y. */
      HttpFlag?: 'Y' | 'N';
      /** Whether what happens is put into queues: N, this server has none. */
      QueueFlag?: 'Y' | 'N';
      /** Where is told what concerns the whole account, the review of templates; nowhere when empty, unchanged when not given. It begins with http:// or https:// and names no port and no private address, unless the operator allows them. It is kept, and nothing is told there: this server reviews no templates. */
      StatusCallbackUrl?: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
    };
  };
  /** Says where a business is told of what happens at a number. */
  UpdatePhoneWebhook: {
    request: {
      /** The channel. */
      CustSpaceId: string;
      /** Whether what happens is pushed over HTTP: Y or N. Not given, it stays as it is; at first it is Y. */
      HttpFlag?: 'Y' | 'N';
      /** The number: digits, country code first. */
      PhoneNumber: string;
      /** Whether what happens is put into queues: N, this server has none. */
      QueueFlag?: 'Y' | 'N';
      /** Where is told what becomes of messages (ChatAppStatus); nowhere when empty, unchanged when not given. It begins with http:// or https:// and names no port and no private address, unless the operator allows them. */
      StatusCallbackUrl?: string;
      /** Where is told what people write (ChatAppInbound); likewise. */
      UpCallbackUrl?: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
    };
  };
  /** Tells whether the service may be used. */
  GetChatappOpenStatus: {
    request: Record<string, never>;
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`. */
      Code: string;
      /** Whether it may. */
      OpenStatus: boolean;
    };
  };
  /** Orders the service, which is there already. */
  OpenChatappService: {
    request: Record<string, never>;
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`. */
      Code: string;
      /** Whether it may. */
      OpenStatus: boolean;
    };
  };
  /** Gives a temporary key with which files are put onto this server by an SDK of the Object Storage Service. */
  GetChatappUploadAuthorization: {
    request: {
      /** The channel. */
      CustSpaceId: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`. */
      Code: string;
      /** What was asked for. */
      Data: {
        /** The key's id. */
        AccessKeyId: string;
        /** The key's secret. */
        AccessKeySecret: string;
        /** The token that goes along with the key. */
        SecurityToken: string;
        /** The bucket. */
        BucketName: string;
        /** The directory that files may be put into: their keys begin with it and `/`. */
        Dir: string;
        /** The address to put files to: this server's. */
        EndPoint: string;
        /** Seconds until the key is good for nothing any more. */
        Expire: number;
      };
    };
  };
  /** Gives the address of a file that was put onto this server. */
  GeneratePresignedUrl: {
    request: {
      /** The key that the file was put under: `Dir` of GetChatappUploadAuthorization, `/`, and a name. */
      FilePath: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `OK`, or what went wrong. */
      Code: string;
      /** Whether the call succeeded. */
      Success: boolean;
      /** It. */
      Data: {
        /** Where anybody who knows it reads the file, for as long as the file is kept. */
        Url: string;
      };
    };
  };
}
