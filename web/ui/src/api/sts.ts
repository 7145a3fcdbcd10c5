// Made by tools/api.mjs from docs/reference/sts.openapi.json.

/** Security Token Service, version 2015-04-01: what each operation takes and gives. */
export interface Sts {
  /** Gives the caller a temporary key of a role. */
  AssumeRole: {
    request: {
      /** The role: `acs:ram::<account>:role/<role>`. */
      RoleArn: string;
      /** What the session is called, in the log and in refusals: 2 to 64 of `A-Z a-z 0-9 . @ - _`. */
      RoleSessionName: string;
      /** What the session may do at most, of what the role may: a policy of at most 2048 bytes. */
      Policy?: string;
      /** How long the session lasts, in seconds: from 900 to what the role allows, an hour when not said. */
      DurationSeconds?: number;
      /** What the role's trust policy may ask for under `sts:ExternalId`: 2 to 1224 of `A-Z a-z 0-9 _ + = , . @ : / -`. */
      ExternalId?: string;
    };
    response: {
      /** The id of the request. */
      RequestId: string;
      /** Who the caller is in the session. */
      AssumedRoleUser: {
        /** `acs:ram::<account>:role/<role>/<session>`. */
        Arn: string;
        /** The role's number and the session's name. */
        AssumedRoleId: string;
      };
      /** The temporary key. */
      Credentials: {
        /** The public half; it begins with `STS.`. */
        AccessKeyId: string;
        /** The secret half. */
        AccessKeySecret: string;
        /** When the session ends, UTC. */
        Expiration: string;
        /** What every call that is signed with the key must carry. */
        SecurityToken: string;
      };
    };
  };
  /** Tells who the caller is. */
  GetCallerIdentity: {
    request: Record<string, never>;
    response: {
      /** The id of the request. */
      RequestId: string;
      /** `Account`, `RAMUser` or `AssumedRoleUser`. */
      IdentityType: string;
      /** The account. */
      AccountId: string;
      /** The account's or user's number, or the role's with the session's name. */
      PrincipalId: string;
      /** The account's or user's number; not of a role's session. */
      UserId?: string;
      /** What policies call the caller. */
      Arn: string;
      /** The role's number; of a role's session alone. */
      RoleId?: string;
    };
  };
}
