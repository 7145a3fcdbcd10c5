//! Who may act.

use muster_core::{
    account::{
        AccessKey, Account, Changed, DirectoryChange, Holder, KeyOwner, RamUser, Role, RoleChange,
        StoredPolicy,
    },
    id::AccessKeyId,
    seal::Sealed,
    store::Store,
    time::Millis,
};

use crate::{make::account, place::Place};

over_every_store!(
    a_new_store_has_an_empty_directory,
    a_store_belongs_to_the_master_key_that_claimed_it_first,
    an_account_is_added_once_with_its_root_key,
    what_a_change_names_must_be_there_and_what_it_adds_must_not,
    a_policy_put_again_is_replaced,
    a_user_leaves_with_keys_and_attachments,
    a_policy_is_removed_with_its_attachments,
    keys_are_switched_and_removed,
    the_last_active_root_key_of_an_account_stays,
    of_two_root_keys_removed_at_once_one_stays,
    a_user_has_no_more_keys_than_it_may_when_they_are_made_at_once,
    a_role_is_made_changed_and_removed_with_its_attachments,
    a_role_and_a_user_of_one_name_have_policies_of_their_own,
    an_account_has_no_more_roles_than_it_may,
);

fn key(id: &str, owner: KeyOwner) -> AccessKey {
    AccessKey {
        id: AccessKeyId::new(id).unwrap(),
        secret: Sealed(vec![9, 8, 7]),
        account: account("acc"),
        owner,
        active: true,
        created_at: Millis(10),
    }
}

fn new_account() -> DirectoryChange {
    let account = Account { id: account("acc"), created_at: Millis(10) };
    DirectoryChange::AddAccount(account, key("root", KeyOwner::Root))
}

fn ram_user(name: &str) -> RamUser {
    RamUser { account: account("acc"), name: name.into(), id: format!("id-{name}"), created_at: Millis(11) }
}

fn policy(document: &str) -> StoredPolicy {
    StoredPolicy {
        account: account("acc"),
        name: "p".into(),
        document: document.into(),
        modified_at: Millis(12),
    }
}

async fn change(store: &dyn Store, change: DirectoryChange) -> Changed {
    store.records().change_directory(change).await.unwrap()
}

/// An account with a user `u`, its key `k`, and the policy `p` attached to it.
async fn furnished(store: &dyn Store) {
    for wanted in [
        new_account(),
        DirectoryChange::AddUser(ram_user("u")),
        DirectoryChange::AddKey(key("k", KeyOwner::User("u".into())), 2),
        DirectoryChange::PutPolicy(policy("{}")),
        DirectoryChange::Attach(account("acc"), "p".into(), Holder::User("u".into())),
    ] {
        assert_eq!(change(store, wanted).await, Changed::Done);
    }
}

async fn a_new_store_has_an_empty_directory(place: &impl Place) {
    let directory = place.open().records().directory().await.unwrap();
    assert_eq!(directory, muster_core::account::Directory::default());
}

async fn a_store_belongs_to_the_master_key_that_claimed_it_first(place: &impl Place) {
    let store = place.open();
    assert_eq!(store.records().master_check().await.unwrap(), None);
    assert!(store.records().claim_master(b"one").await.unwrap());
    assert!(store.records().claim_master(b"one").await.unwrap());
    assert!(!store.records().claim_master(b"other").await.unwrap());
    assert_eq!(place.again(store).records().master_check().await.unwrap().as_deref(), Some(&b"one"[..]));
}

async fn an_account_is_added_once_with_its_root_key(place: &impl Place) {
    let store = place.open();
    assert_eq!(change(&*store, new_account()).await, Changed::Done);
    assert_eq!(change(&*store, new_account()).await, Changed::Exists);
    let directory = store.records().directory().await.unwrap();
    assert_eq!(directory.accounts, [Account { id: account("acc"), created_at: Millis(10) }]);
    assert_eq!(directory.keys, [key("root", KeyOwner::Root)]);
}

async fn what_a_change_names_must_be_there_and_what_it_adds_must_not(place: &impl Place) {
    let store = place.open();
    let of_user = || key("k", KeyOwner::User("u".into()));
    let acc = || account("acc");
    for orphan in [
        DirectoryChange::AddUser(ram_user("u")),
        DirectoryChange::AddKey(of_user(), 2),
        DirectoryChange::AddKey(key("k", KeyOwner::Root), 2),
        DirectoryChange::PutPolicy(policy("{}")),
        DirectoryChange::Attach(acc(), "p".into(), Holder::User("u".into())),
        DirectoryChange::Detach(acc(), "p".into(), Holder::User("u".into())),
        DirectoryChange::RemoveUser(acc(), "u".into()),
        DirectoryChange::RemovePolicy(acc(), "p".into()),
        DirectoryChange::RemoveKey(AccessKeyId::new("k").unwrap()),
        DirectoryChange::SetKeyActive(AccessKeyId::new("k").unwrap(), false),
    ] {
        assert_eq!(change(&*store, orphan.clone()).await, Changed::Missing, "{orphan:?}");
    }
    furnished(&*store).await;
    for double in [
        DirectoryChange::AddUser(ram_user("u")),
        DirectoryChange::AddKey(of_user(), 2),
        DirectoryChange::Attach(acc(), "p".into(), Holder::User("u".into())),
    ] {
        assert_eq!(change(&*store, double.clone()).await, Changed::Exists, "{double:?}");
    }
}

async fn a_policy_put_again_is_replaced(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    assert_eq!(change(&*store, DirectoryChange::PutPolicy(policy("[]"))).await, Changed::Done);
    let directory = store.records().directory().await.unwrap();
    assert_eq!(directory.policies, [policy("[]")]);
    assert_eq!(directory.attachments[&(account("acc"), Holder::User("u".to_owned()))].len(), 1);
}

async fn a_user_leaves_with_keys_and_attachments(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    let removal = DirectoryChange::RemoveUser(account("acc"), "u".into());
    assert_eq!(change(&*store, removal).await, Changed::Done);
    let directory = store.records().directory().await.unwrap();
    assert!(directory.users.is_empty() && directory.attachments.is_empty());
    assert_eq!(directory.keys, [key("root", KeyOwner::Root)]);
    assert_eq!(directory.policies.len(), 1);
}

async fn a_policy_is_removed_with_its_attachments(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    let removal = DirectoryChange::RemovePolicy(account("acc"), "p".into());
    assert_eq!(change(&*store, removal).await, Changed::Done);
    let directory = store.records().directory().await.unwrap();
    assert!(directory.policies.is_empty() && directory.attachments.is_empty());
    assert_eq!(directory.users, [ram_user("u")]);
}

async fn keys_are_switched_and_removed(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    let k = AccessKeyId::new("k").unwrap();
    assert_eq!(change(&*store, DirectoryChange::SetKeyActive(k.clone(), false)).await, Changed::Done);
    let directory = store.records().directory().await.unwrap();
    assert!(directory.keys.iter().any(|key| key.id == k && !key.active));
    assert_eq!(change(&*store, DirectoryChange::RemoveKey(k.clone())).await, Changed::Done);
    assert!(store.records().directory().await.unwrap().keys.iter().all(|key| key.id != k));
    let detach = DirectoryChange::Detach(account("acc"), "p".into(), Holder::User("u".into()));
    assert_eq!(change(&*store, detach).await, Changed::Done);
    assert!(store.records().directory().await.unwrap().attachments.is_empty());
}

async fn the_last_active_root_key_of_an_account_stays(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    let id = |id: &str| AccessKeyId::new(id).unwrap();
    let (off, gone) = (
        |key: &str| DirectoryChange::SetKeyActive(id(key), false),
        |key: &str| DirectoryChange::RemoveKey(id(key)),
    );
    // A user's key is none of the root's.
    for refused in [off("root"), gone("root")] {
        assert_eq!(change(&*store, refused).await, Changed::LastRootKey);
    }
    assert_eq!(
        change(&*store, DirectoryChange::AddKey(key("second", KeyOwner::Root), 5)).await,
        Changed::Done
    );
    assert_eq!(change(&*store, off("second")).await, Changed::Done);
    // Nor is one that is switched off, which itself may go.
    assert_eq!(change(&*store, gone("root")).await, Changed::LastRootKey);
    assert_eq!(change(&*store, DirectoryChange::SetKeyActive(id("second"), true)).await, Changed::Done);
    assert_eq!(change(&*store, gone("root")).await, Changed::Done);
    assert_eq!(change(&*store, off("second")).await, Changed::LastRootKey);
    let keys = store.records().directory().await.unwrap().keys;
    assert!(keys.iter().any(|key| key.id == id("second") && key.active));
}

/// Of two who each take away the other's root key, one is refused, whoever of them is faster.
async fn of_two_root_keys_removed_at_once_one_stays(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    assert_eq!(
        change(&*store, DirectoryChange::AddKey(key("second", KeyOwner::Root), 5)).await,
        Changed::Done
    );
    let gone = |key: &str| change(&*store, DirectoryChange::RemoveKey(AccessKeyId::new(key).unwrap()));
    let (one, other) = tokio::join!(gone("root"), gone("second"));
    let mut outcomes = [one, other];
    outcomes.sort_by_key(|outcome| *outcome == Changed::LastRootKey);
    assert_eq!(outcomes, [Changed::Done, Changed::LastRootKey]);
}

/// Ten keys are made at once for a user that may have two.
async fn a_user_has_no_more_keys_than_it_may_when_they_are_made_at_once(place: &impl Place) {
    let store = place.open();
    change(&*store, new_account()).await;
    change(&*store, DirectoryChange::AddUser(ram_user("u"))).await;
    let owner = || KeyOwner::User("u".into());
    let made = (0..10).map(|n| {
        let wanted = DirectoryChange::AddKey(key(&format!("k{n}"), owner()), 2);
        change(&*store, wanted)
    });
    let made = futures_util::future::join_all(made).await;
    assert_eq!(made.iter().filter(|&&changed| changed == Changed::Done).count(), 2);
    assert_eq!(made.iter().filter(|&&changed| changed == Changed::Full).count(), 8);
    let keys = store.records().directory().await.unwrap().keys;
    assert_eq!(keys.iter().filter(|key| key.owner == owner()).count(), 2);
}

fn role(name: &str) -> Role {
    Role {
        account: account("acc"),
        name: name.into(),
        id: format!("id-{name}"),
        trust: "{}".into(),
        max_session_seconds: 3600,
        created_at: Millis(13),
        modified_at: Millis(13),
    }
}

async fn a_role_is_made_changed_and_removed_with_its_attachments(place: &impl Place) {
    let store = place.open();
    let acc = || account("acc");
    let removal = || DirectoryChange::RemoveRole(acc(), "r".into());
    let attach = || DirectoryChange::Attach(acc(), "p".into(), Holder::Role("r".into()));
    let detach = || DirectoryChange::Detach(acc(), "p".into(), Holder::Role("r".into()));
    let trust = RoleChange { trust: Some("[]".into()), max_session_seconds: None };
    let longer = RoleChange { trust: None, max_session_seconds: Some(7200) };
    let changed = |change| DirectoryChange::ChangeRole(acc(), "r".into(), change, Millis(20));
    for orphan in
        [DirectoryChange::AddRole(role("r"), 9), changed(trust.clone()), removal(), attach(), detach()]
    {
        assert_eq!(change(&*store, orphan.clone()).await, Changed::Missing, "{orphan:?}");
    }
    furnished(&*store).await;
    for wanted in [DirectoryChange::AddRole(role("r"), 9), attach(), changed(trust), changed(longer)] {
        assert_eq!(change(&*store, wanted.clone()).await, Changed::Done, "{wanted:?}");
    }
    for double in [DirectoryChange::AddRole(role("r"), 9), attach()] {
        assert_eq!(change(&*store, double.clone()).await, Changed::Exists, "{double:?}");
    }
    let store = place.again(store);
    let directory = store.records().directory().await.unwrap();
    let stands = Role { trust: "[]".into(), max_session_seconds: 7200, modified_at: Millis(20), ..role("r") };
    assert_eq!(store.records().role(&acc(), "r").await.unwrap().as_ref(), Some(&stands));
    assert_eq!(directory.roles, [stands]);
    assert_eq!(directory.attachments[&(acc(), Holder::Role("r".into()))].len(), 1);
    assert_eq!(change(&*store, removal()).await, Changed::Done);
    let directory = store.records().directory().await.unwrap();
    assert_eq!(store.records().role(&acc(), "r").await.unwrap(), None);
    assert!(directory.roles.is_empty() && directory.attachments.len() == 1, "{directory:?}");
}

async fn a_role_and_a_user_of_one_name_have_policies_of_their_own(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    let named = |holder| DirectoryChange::Attach(account("acc"), "p".into(), holder);
    assert_eq!(change(&*store, DirectoryChange::AddRole(role("u"), 9)).await, Changed::Done);
    assert_eq!(change(&*store, named(Holder::Role("u".into()))).await, Changed::Done);
    let detach = DirectoryChange::Detach(account("acc"), "p".into(), Holder::User("u".into()));
    assert_eq!(change(&*store, detach).await, Changed::Done);
    let attachments = store.records().directory().await.unwrap().attachments;
    assert!(attachments.keys().eq([&(account("acc"), Holder::Role("u".into()))]), "{attachments:?}");
    let removal = DirectoryChange::RemovePolicy(account("acc"), "p".into());
    assert_eq!(change(&*store, removal).await, Changed::Done);
    assert!(store.records().directory().await.unwrap().attachments.is_empty());
}

async fn an_account_has_no_more_roles_than_it_may(place: &impl Place) {
    let store = place.open();
    furnished(&*store).await;
    let made = (0..5).map(|n| change(&*store, DirectoryChange::AddRole(role(&format!("r{n}")), 2)));
    let mut made = futures_util::future::join_all(made.collect::<Vec<_>>()).await;
    made.sort_by_key(|changed| *changed == Changed::Full);
    assert_eq!(made, [Changed::Done, Changed::Done, Changed::Full, Changed::Full, Changed::Full]);
}
