//! Sends one request over and over on many connections and prints how fast the answers came: for
//! `cargo xtask bench`, which starts a server and calls this beside it.
//!
//! `load ADDRESS KEY CONNECTIONS SECONDS METHOD PATH [BODY]`; `{n}` in the body stands for a
//! number that is used once. A warm-up of a second is not counted. It prints one line of JSON.

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

type Done<T> = Result<T, Box<dyn Error>>;

const WARM_UP: Duration = Duration::from_secs(1);

/// What is sent.
struct Request {
    address: SocketAddr,
    head: String,
    body: String,
    numbers: AtomicU64,
    start: Instant,
    end: Instant,
}

impl Request {
    fn bytes(&self) -> Vec<u8> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let body = self.body.replace("{n}", &number.to_string());
        format!("{}content-length: {}\r\n\r\n{body}", self.head, body.len()).into_bytes()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, key, connections, seconds, method, path, rest @ ..] = args.as_slice() else {
        return Err("load ADDRESS KEY CONNECTIONS SECONDS METHOD PATH [BODY]".into());
    };
    let address: SocketAddr = address.parse()?;
    let start = Instant::now() + WARM_UP;
    let seconds = Duration::from_secs(seconds.parse()?);
    // Numbers of another run must not come again.
    let first = std::process::id().into();
    let request = Arc::new(Request {
        address,
        head: format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\n"
        ),
        body: rest.first().cloned().unwrap_or_default(),
        numbers: AtomicU64::new(u64::wrapping_shl(first, 40)),
        start,
        end: start + seconds,
    });
    let local = LocalSet::new();
    let connections: usize = connections.parse()?;
    let tasks: Vec<_> =
        (0..connections).map(|_| local.spawn_local(connection(Arc::clone(&request)))).collect();
    let mut took: Vec<u64> = Vec::new();
    local
        .run_until(async {
            for task in tasks {
                took.extend(task.await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?);
            }
            Ok::<(), String>(())
        })
        .await?;
    took.sort_unstable();
    let at = |part: usize| took.get(took.len() * part / 1000).copied().unwrap_or_default();
    let count = took.len();
    let rate = count / usize::try_from(seconds.as_secs())?.max(1);
    println!(
        "{{\"rate\": {rate}, \"p50_us\": {}, \"p99_us\": {}, \"p999_us\": {}}}",
        at(500),
        at(990),
        at(999)
    );
    Ok(())
}

/// Asks on one connection until the time is over; how long each answer took, in microseconds.
async fn connection(request: Arc<Request>) -> Result<Vec<u64>, String> {
    ask(&request).await.map_err(|error| error.to_string())
}

async fn ask(request: &Request) -> Done<Vec<u64>> {
    let stream = TcpStream::connect(request.address).await?;
    stream.set_nodelay(true)?;
    let mut took = Vec::new();
    let mut held = Vec::new();
    loop {
        let bytes = request.bytes();
        let sent = Instant::now();
        if sent >= request.end {
            return Ok(took);
        }
        write(&stream, &bytes).await?;
        answer(&stream, &mut held).await?;
        if sent >= request.start {
            took.push(u64::try_from(sent.elapsed().as_micros())?);
        }
    }
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> Done<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Reads one whole answer, which has to be well.
async fn answer(stream: &TcpStream, held: &mut Vec<u8>) -> Done<()> {
    loop {
        if let Some(length) = complete(held)? {
            held.drain(..length);
            return Ok(());
        }
        stream.readable().await?;
        let mut more = [0; 4096];
        match stream.try_read(&mut more) {
            Ok(0) => return Err("the server hung up".into()),
            Ok(count) => held.extend_from_slice(&more[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// How long the answer is, once it is there.
fn complete(held: &[u8]) -> Done<Option<usize>> {
    let Some(end) = held.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&held[..end])?;
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(String::from_utf8_lossy(held).into_owned().into());
    }
    let lengths = head.lines().filter_map(|line| line.split_once(": "));
    let length = lengths.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize =
        length.map(|(_, value)| value.trim().parse()).next().ok_or("no length")??;
    let whole = end + 4 + length;
    Ok((held.len() >= whole).then_some(whole))
}
