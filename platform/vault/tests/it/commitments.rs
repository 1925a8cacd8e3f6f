//! Given a person's key, what stands for them can be told; without it, never again.
use testing::Scratch;
use vault::{MIGRATOR, Vault};

#[tokio::test]
async fn a_commitment_stands_for_one_text_of_one_person_until_their_key_is_gone() {
    let scratch = Scratch::new(&MIGRATOR).await;
    let vault = || Vault::new(scratch.pool.clone(), &"5a".repeat(32).into()).unwrap();
    let commit = async |subject, field, text| vault().commit(subject, field, text).await.unwrap();
    let first = commit("user-1", "person", "1").await.unwrap();
    assert_eq!(first.len(), 43);
    assert_eq!(commit("user-1", "person", "1").await.as_ref(), Some(&first), "by any process");
    for (subject, field, text) in [
        ("user-2", "person", "1"),
        ("user-1", "session", "1"),
        ("user-1", "person", "2"),
        ("user-1", "perso", "n1"),
    ] {
        assert_ne!(commit(subject, field, text).await.as_ref(), Some(&first), "{subject} {field}");
    }
    vault().destroy("user-1", None).await.unwrap();
    assert_eq!(commit("user-1", "person", "1").await, None);
}
