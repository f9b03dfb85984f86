//! Starting other programs, and stopping them whatever happens.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

static GUARDED: AtomicBool = AtomicBool::new(false);
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static GROUPS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// How long a program may take to end itself before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// From now on an interrupt stops the running program and all it started, and then comes back to
/// the caller as an error, so that everything else is taken down by its own `Drop`.
pub fn guard() -> Result<()> {
    ctrlc::set_handler(|| {
        let again = INTERRUPTED.swap(true, Ordering::SeqCst);
        let groups = groups().clone();
        for group in &groups {
            // An interrupt and not SIGTERM: Playwright takes its web servers down only on this.
            signal_group(*group, if again { "KILL" } else { "INT" });
        }
        std::thread::spawn(move || {
            std::thread::sleep(GRACE);
            for group in groups.intersection(&self::groups().clone()) {
                signal_group(*group, "KILL");
            }
        });
    })
    .context("cannot watch for interrupts")?;
    GUARDED.store(true, Ordering::SeqCst);
    Ok(())
}

/// Whether the person, or the machine that runs this, asked to stop.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Prints the command, runs it with its output shown, and fails unless it succeeds.
pub fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    println!("$ {line}");
    let status = status(command).with_context(|| format!("cannot start `{line}`"))?;
    if interrupted() {
        bail!("interrupted");
    }
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// Runs a command quietly and gives its standard output; an error holds what it said.
pub fn output(command: &mut Command) -> Result<String> {
    let line = describe(command);
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{line}` ended with {}: {}", output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn status(command: &mut Command) -> Result<ExitStatus> {
    let mut child = Group::spawn(command)?;
    Ok(child.child.wait()?)
}

/// A program with all that it starts; dropping it stops whatever is left.
pub struct Group {
    child: Child,
    led: bool,
}

impl Group {
    /// Starts a program, after `guard` in a process group of its own: then what it leaves behind
    /// can be stopped as well, and an interrupt at the keyboard reaches it through us alone.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let led = cfg!(unix) && GUARDED.load(Ordering::SeqCst);
        if led {
            command.stdin(Stdio::null());
            #[cfg(unix)]
            std::os::unix::process::CommandExt::process_group(command, 0);
        }
        let child = command.spawn()?;
        if led {
            groups().insert(child.id());
            // The interrupt may have come between the start and the entry in the list.
            if interrupted() {
                signal_group(child.id(), "INT");
            }
        }
        Ok(Self { child, led })
    }

    /// Whether the program has ended by itself.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.led {
            signal_group(self.child.id(), "TERM");
        }
        if !ended_within(&mut self.child, if self.led { GRACE } else { Duration::ZERO }) {
            if self.led {
                signal_group(self.child.id(), "KILL");
            }
            // It may have ended by now, which is all that is wanted.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        groups().remove(&self.child.id());
    }
}

/// Waits for a program; `false` when it is still there after that time.
pub fn ended_within(child: &mut Child, limit: Duration) -> bool {
    let begun = Instant::now();
    loop {
        if !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        if begun.elapsed() >= limit {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn groups() -> MutexGuard<'static, BTreeSet<u32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn signal_group(group: u32, signal: &str) {
    signal_process(&format!("-{group}"), signal);
}

/// Sends a signal; a process that is gone already is no failure.
pub fn signal_process(id: &str, signal: &str) {
    // The shell's `kill` costs no dependency, no unsafe code and no package with a `kill` program.
    // With `-s`, as `kill -TERM -- -1234` is an error in dash.
    let _ = Command::new("sh")
        .args(["-c", "kill -s \"$1\" -- \"$2\" 2>/dev/null", "sh", signal, id])
        .stdin(Stdio::null())
        .status();
}

/// The command as a person would type it, with the variables it sets.
pub fn describe(command: &Command) -> String {
    let set = command.get_envs().filter_map(|(name, value)| {
        value.map(|value| format!("{}={}", name.to_string_lossy(), quoted(value)))
    });
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(program).chain(command.get_args()).map(quoted);
    set.chain(words).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    if !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || "'\"$;&|".contains(c)) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Looks a program up in PATH.
pub fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
        .find(|candidate| executable(candidate))
}

/// Whether a file is there and may be run.
pub fn executable(path: &Path) -> bool {
    let Ok(metadata) = path.metadata() else {
        return false;
    };
    #[cfg(unix)]
    let allowed = std::os::unix::fs::MetadataExt::mode(&metadata) & 0o111 != 0;
    #[cfg(not(unix))]
    let allowed = true;
    metadata.is_file() && allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_reads_as_it_would_be_typed() {
        let mut command = Command::new("/opt/tools/cargo");
        command.args(["test", "a b", "it's"]).env("LEVEL", "3");
        assert_eq!(describe(&command), r"LEVEL=3 cargo test 'a b' 'it'\''s'");
    }

    #[cfg(unix)]
    #[test]
    fn a_signal_reaches_a_group_and_what_it_started() {
        use std::os::unix::process::{CommandExt, ExitStatusExt};
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 60 & wait"]).process_group(0);
        let mut child = shell.spawn().unwrap();
        signal_group(child.id(), "TERM");
        let ended = ended_within(&mut child, Duration::from_secs(5));
        assert!(ended, "the signal did not arrive");
        assert_eq!(child.wait().unwrap().signal(), Some(15));
    }

    #[test]
    fn a_program_that_is_not_there_is_not_found() {
        assert_eq!(which("tokenscope-no-such-program"), None);
    }
}
