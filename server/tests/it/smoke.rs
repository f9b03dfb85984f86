use crate::harness::*;
on_each_database!(starts);
async fn starts(d: Database) {
    let t = std::time::Instant::now();
    let s = d.service(tokenscope::time::Instant::MIN).await;
    assert_eq!(s.organizations().await.unwrap(), 0);
    eprintln!("{:?} {:?}", d.backend, t.elapsed());
}
