//! The product's catalogue against what is published.

use muster_testbed::facts::{self, Allowed};

use crate::live;

#[tokio::test]
async fn the_catalogue_is_what_is_published_but_for_what_is_listed_here() {
    let house = live();
    let catalogue = house.gateway.catalogue();
    let files = [include_str!("../facts/live-gen1.json"), include_str!("../facts/live-gen2.json")];
    facts::compare(&catalogue.products[0], &files, ALLOWED);
}

const ID: &str = "ids of groups, users and messages are documented to have at most 64 bytes; the bound is told for all ids";
const COMMA_LIST: &str = "published as one text of ids joined by commas; declared as the list that it holds";
const TOKEN: &str = "a place in a list; 0 and -1 are its beginning";
const SECONDS: &str = "a time up to the year 9999";
const MUTE_LIST: &str = "documented for the client SDK alone: at most 200 users";
const NO_PAGE: &str = "no page documents the operation: what the others of its kind have";
const RECEIVERS: &str = "documented for the client SDK alone: at most 100 receivers";
const MUTE_TIME: &str = "a mute lasts ten years at most, so that its end is a time";
const USER_LIST: &str = "as many users as a mute names: no bound is published";
const BODY: &str = "the bound that the second generation publishes, in bytes";
const COUNTER: &str = "a counter only rises, and is kept far from overflowing";

const ALLOWED: Allowed = &[
    ("BatchGetOnlineUsers.UserIds: min null is 1", COMMA_LIST),
    ("BatchGetOnlineUsers.UserIds: type \"string\" is \"array<string>\"", COMMA_LIST),
    ("SendLiveMessageGroup.StaticsIncrease: max null is 2147483647", COUNTER),
    ("SendLiveMessageGroup.StaticsIncrease: min null is 0", COUNTER),
    ("ListLiveMessageApps.NextPageToken: min null is -1", TOKEN),
    ("ListLiveMessageGroupMessages.NextPageToken: min null is -1", TOKEN),
    ("ListLiveMessageGroupUsers.NextPageToken: min null is -1", TOKEN),
    ("ListLiveMessageGroups.NextPageToken: min null is -1", TOKEN),
    ("ListLiveMessageGroupMessages.BeginTime: max null is 253402300799", SECONDS),
    ("ListLiveMessageGroupMessages.BeginTime: min null is 0", SECONDS),
    ("ListLiveMessageGroupMessages.EndTime: max null is 253402300799", SECONDS),
    ("ListLiveMessageGroupMessages.EndTime: min null is 0", SECONDS),
    ("BatchGetOnlineUsers.AppId: max null is 64", ID),
    ("BatchGetOnlineUsers.GroupId: max null is 64", ID),
    ("CheckLiveMessageUsersInGroup.AppId: max null is 64", ID),
    ("CheckLiveMessageUsersInGroup.GroupId: max null is 64", ID),
    ("CheckLiveMessageUsersOnline.AppId: max null is 64", ID),
    ("CreateLiveMessageGroup.AppId: max null is 64", ID),
    ("ModifyLiveMessageAppAudit.AppId: max null is 64", ID),
    ("ModifyLiveMessageAppCallback.AppId: max null is 64", ID),
    ("ModifyLiveMessageGroup.AppId: max null is 64", ID),
    ("ModifyLiveMessageGroup.GroupId: max null is 64", ID),
    ("QueryMessageApp.AppId: max null is 64", ID),
    ("RecoverLiveMessageDeletedGroup.AppId: max null is 64", ID),
    ("UpdateMessageApp.AppId: max null is 64", ID),
    ("UpdateMessageGroup.AppId: max null is 64", ID),
    ("UpdateMessageGroup.GroupId: max null is 64", ID),
    ("CreateMessageGroup.AppId: max null is 64", ID),
    ("DeleteLiveMessageGroup.AppId: max null is 64", ID),
    ("DeleteLiveMessageGroupMessage.AppId: max null is 64", ID),
    ("DeleteLiveMessageGroupMessage.GroupId: max null is 64", ID),
    ("DeleteLiveMessageUserMessage.AppId: max null is 64", ID),
    ("DescribeLiveMessageApp.AppId: max null is 64", ID),
    ("DescribeLiveMessageGroup.AppId: max null is 64", ID),
    ("DescribeLiveMessageGroup.GroupId: max null is 64", ID),
    ("GetMessageApp.AppId: max null is 64", ID),
    ("GetMessageGroup.AppId: max null is 64", ID),
    ("GetMessageGroup.GroupId: max null is 64", ID),
    ("GetMessageToken.AppId: max null is 64", ID),
    ("JoinMessageGroup.AppId: max null is 64", ID),
    ("JoinMessageGroup.GroupId: max null is 64", ID),
    ("KickLiveMessageGroupUser.AppId: max null is 64", ID),
    ("KickLiveMessageGroupUser.GroupId: max null is 64", ID),
    ("KickLiveMessageGroupUser.KickoffUser: max null is 64", ID),
    ("LeaveMessageGroup.AppId: max null is 64", ID),
    ("LeaveMessageGroup.GroupId: max null is 64", ID),
    ("LeaveMessageGroup.UserId: max null is 64", ID),
    ("ListLiveMessageGroupByPage.AppId: max null is 64", ID),
    ("ListLiveMessageGroupMessages.AppId: max null is 64", ID),
    ("ListLiveMessageGroupMessages.GroupId: max null is 64", ID),
    ("ListLiveMessageGroupUsers.AppId: max null is 64", ID),
    ("ListLiveMessageGroupUsers.GroupId: max null is 64", ID),
    ("ListLiveMessageGroups.AppId: max null is 64", ID),
    ("ListMessageGroup.AppId: max null is 64", ID),
    ("ListMessageGroup.UserId: max null is 64", ID),
    ("ListMessageGroupUser.AppId: max null is 64", ID),
    ("ListMessageGroupUser.GroupId: max null is 64", ID),
    ("ModifyLiveMessageAppDisable.AppId: max null is 64", ID),
    ("SendLiveMessageGroup.AppId: max null is 64", ID),
    ("SendLiveMessageUser.AppId: max null is 64", ID),
    ("SendLiveMessageGroup.GroupId: max null is 64", ID),
    ("AddLiveMessageGroupBand.AppId: max null is 64", ID),
    ("AddLiveMessageGroupBand.GroupId: max null is 64", ID),
    ("BanLiveMessageGroup.AppId: max null is 64", ID),
    ("BanLiveMessageGroup.GroupId: max null is 64", ID),
    ("DescribeLiveMessageGroupBand.AppId: max null is 64", ID),
    ("DescribeLiveMessageGroupBand.GroupId: max null is 64", ID),
    ("ModifyLiveMessageGroupBand.AppId: max null is 64", ID),
    ("ModifyLiveMessageGroupBand.GroupId: max null is 64", ID),
    ("RemoveLiveMessageGroupBand.AppId: max null is 64", ID),
    ("RemoveLiveMessageGroupBand.GroupId: max null is 64", ID),
    ("UnbanLiveMessageGroup.AppId: max null is 64", ID),
    ("UnbanLiveMessageGroup.GroupId: max null is 64", ID),
    ("CancelMuteAllGroupUser.AppId: max null is 64", ID),
    ("CancelMuteAllGroupUser.GroupId: max null is 64", ID),
    ("CancelMuteAllGroupUser.OperatorUserId: max null is 64", ID),
    ("CancelMuteGroupUser.AppId: max null is 64", ID),
    ("CancelMuteGroupUser.GroupId: max null is 64", ID),
    ("CancelMuteGroupUser.OperatorUserId: max null is 64", ID),
    ("ListMuteGroupUser.AppId: max null is 64", ID),
    ("ListMuteGroupUser.GroupId: max null is 64", ID),
    ("ListMuteGroupUser.OperatorUserId: max null is 64", ID),
    ("MuteAllGroupUser.AppId: max null is 64", ID),
    ("MuteAllGroupUser.GroupId: max null is 64", ID),
    ("MuteAllGroupUser.OperatorUserId: max null is 64", ID),
    ("MuteGroupUser.AppId: max null is 64", ID),
    ("MuteGroupUser.GroupId: max null is 64", ID),
    ("MuteGroupUser.OperatorUserId: max null is 64", ID),
    ("MuteGroupUser.MuteUserList: min null is 1", MUTE_LIST),
    ("MuteGroupUser.MuteUserList: max null is 200", MUTE_LIST),
    ("CancelMuteGroupUser.CancelMuteUserList: min null is 1", MUTE_LIST),
    ("CancelMuteGroupUser.CancelMuteUserList: max null is 200", MUTE_LIST),
    ("MuteGroupUser.MuteTime: min null is 0", MUTE_TIME),
    ("MuteGroupUser.MuteTime: max null is 315360000", MUTE_TIME),
    ("ListMessage.AppId: max null is 64", ID),
    ("ListMessage.GroupId: max null is 64", ID),
    ("ListMessageGroupUserById.AppId: max null is 64", ID),
    ("ListMessageGroupUserById.GroupId: max null is 64", ID),
    ("ListMessageGroupUserById.UserIdList: min null is 1", USER_LIST),
    ("ListMessageGroupUserById.UserIdList: max null is 200", USER_LIST),
    ("SendMessageToGroup.AppId: max null is 64", ID),
    ("SendMessageToGroup.GroupId: max null is 64", ID),
    ("SendMessageToGroup.OperatorUserId: max null is 64", ID),
    ("SendMessageToGroup.Data: max null is 15360", BODY),
    ("CloseMessageGroup.AppId: max null is 64", ID),
    ("CloseMessageGroup.GroupId: max null is 64", ID),
    ("CloseMessageGroup: level null is \"delete\"", NO_PAGE),
    ("CloseMessageGroup: action null is \"live:CloseMessageGroup\"", NO_PAGE),
    ("CloseMessageGroup: resource null is \"acs:live:*:{#accountId}:domain/{#DomainName}\"", NO_PAGE),
    ("CloseMessageGroup: quota null is 100", NO_PAGE),
    ("SendMessageToGroupUsers.AppId: max null is 64", ID),
    ("SendMessageToGroupUsers.GroupId: max null is 64", ID),
    ("SendMessageToGroupUsers.OperatorUserId: max null is 64", ID),
    ("SendMessageToGroupUsers.ReceiverIdList: min null is 1", RECEIVERS),
    ("SendMessageToGroupUsers.ReceiverIdList: max null is 100", RECEIVERS),
    ("SendMessageToGroupUsers.Data: max null is 15360", BODY),
];
