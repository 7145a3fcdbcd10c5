//! The product's catalogue against what is published.

use muster_testbed::facts::{self, Allowed};

use crate::cams;

#[tokio::test]
async fn the_catalogue_is_what_is_published_but_for_what_is_listed_here() {
    let (house, _) = cams().await;
    let catalogue = house.gateway.catalogue();
    facts::compare(&catalogue.products[0], &[include_str!("../facts/cams.json")], ALLOWED);
}

const ID: &str = "ids have at most 64 bytes on this server";
const WITH_ERRORS: &str = "told only with an error, and errors have a body of their own";
const TELEGRAM: &str =
    "of other kinds of channel than WhatsApp; taken and ignored, as any unknown parameter is";
const COMMON: &str = "a parameter of the platform; taken and ignored, as any unknown parameter is";
const PAGE: &str = "no bound is published, and a server needs one";

const PICTURE: &str =
    "pictures are not fetched by this version; taken and ignored, as any unknown parameter is";
const LIST: &str = "without anybody there is nothing to do";

const ALLOWED: Allowed = &[
    ("DeleteChatGroup answer AccessDeniedDetail: missing", WITH_ERRORS),
    ("DeleteChatGroup answer Message: missing", WITH_ERRORS),
    ("DeleteChatGroup.CustSpaceId: max null is 64", ID),
    ("DeleteChatGroup.GroupId: max null is 64", ID),
    ("DeleteChatGroup.OwnerId: missing", COMMON),
    ("DeleteChatGroup.ResourceOwnerAccount: missing", COMMON),
    ("DeleteChatGroup.ResourceOwnerId: missing", COMMON),
    ("DeleteChatGroupInviteLink answer AccessDeniedDetail: missing", WITH_ERRORS),
    ("DeleteChatGroupInviteLink answer Message: missing", WITH_ERRORS),
    ("DeleteChatGroupInviteLink.CustSpaceId: max null is 64", ID),
    ("DeleteChatGroupInviteLink.GroupId: max null is 64", ID),
    ("DeleteChatGroupInviteLink.OwnerId: missing", COMMON),
    ("DeleteChatGroupInviteLink.ResourceOwnerAccount: missing", COMMON),
    ("DeleteChatGroupInviteLink.ResourceOwnerId: missing", COMMON),
    ("DeleteChatGroupParticipants answer AccessDeniedDetail: missing", WITH_ERRORS),
    ("DeleteChatGroupParticipants answer Message: missing", WITH_ERRORS),
    ("DeleteChatGroupParticipants.CustSpaceId: max null is 64", ID),
    ("DeleteChatGroupParticipants.GroupId: max null is 64", ID),
    ("DeleteChatGroupParticipants.OwnerId: missing", COMMON),
    ("DeleteChatGroupParticipants.ResourceOwnerAccount: missing", COMMON),
    ("DeleteChatGroupParticipants.ResourceOwnerId: missing", COMMON),
    ("UpdateChatGroup answer AccessDeniedDetail: missing", WITH_ERRORS),
    ("UpdateChatGroup answer Message: missing", WITH_ERRORS),
    ("UpdateChatGroup.CustSpaceId: max null is 64", ID),
    ("UpdateChatGroup.GroupId: max null is 64", ID),
    ("UpdateChatGroup.OwnerId: missing", COMMON),
    ("UpdateChatGroup.ResourceOwnerAccount: missing", COMMON),
    ("UpdateChatGroup.ResourceOwnerId: missing", COMMON),
    ("UpdateChatGroup.ProfilePictureFile: missing", PICTURE),
    ("DeleteChatGroupParticipants.List: required false is true", LIST),
    ("DeleteChatGroupParticipants.List: min null is 1", LIST),
    ("DeleteChatGroupParticipants.List.ParticipantNumber: required false is true", LIST),
    ("AddChatGroup answer AccessDeniedDetail: missing", WITH_ERRORS),
    ("AddChatGroup answer Message: missing", WITH_ERRORS),
    ("AddChatGroup.CustSpaceId: max null is 64", ID),
    ("AddChatGroup.GroupLink: missing", TELEGRAM),
    ("AddChatGroup.OwnerId: missing", COMMON),
    ("AddChatGroup.ResourceOwnerAccount: missing", COMMON),
    ("AddChatGroup.ResourceOwnerId: missing", COMMON),
    ("AddChatGroupInviteLink answer AccessDeniedDetail: missing", WITH_ERRORS),
    ("AddChatGroupInviteLink answer Message: missing", WITH_ERRORS),
    ("AddChatGroupInviteLink.CustSpaceId: max null is 64", ID),
    ("AddChatGroupInviteLink.GroupId: max null is 64", ID),
    ("AddChatGroupInviteLink.OwnerId: missing", COMMON),
    ("AddChatGroupInviteLink.ResourceOwnerAccount: missing", COMMON),
    ("AddChatGroupInviteLink.ResourceOwnerId: missing", COMMON),
    ("ListChatGroup answer AccessDeniedDetail: missing", WITH_ERRORS),
    ("ListChatGroup answer Message: missing", WITH_ERRORS),
    ("ListChatGroup.CustSpaceId: max null is 64", ID),
    ("ListChatGroup.GroupLink: missing", TELEGRAM),
    ("ListChatGroup.GroupType: missing", TELEGRAM),
    ("ListChatGroup.Page.Index: max null is 100000", PAGE),
    ("ListChatGroup.Page.Size: max null is 100", PAGE),
    ("ListChatGroup.OwnerId: missing", COMMON),
    ("ListChatGroup.ResourceOwnerAccount: missing", COMMON),
    ("ListChatGroup.ResourceOwnerId: missing", COMMON),
    ("ListChatGroupParticipants answer AccessDeniedDetail: missing", WITH_ERRORS),
    ("ListChatGroupParticipants answer Message: missing", WITH_ERRORS),
    ("ListChatGroupParticipants.Page.Index: max null is 100000", PAGE),
    ("ListChatGroupParticipants.CustSpaceId: max null is 64", ID),
    ("ListChatGroupParticipants.GroupId: max null is 64", ID),
    ("ListChatGroupParticipants.Page.Size: max null is 100", PAGE),
    ("ListChatGroupParticipants.OwnerId: missing", COMMON),
    ("ListChatGroupParticipants.ResourceOwnerAccount: missing", COMMON),
    ("ListChatGroupParticipants.ResourceOwnerId: missing", COMMON),
];
