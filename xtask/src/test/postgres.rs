//! A PostgreSQL of our own for as long as the checks run: in a temporary folder, on a free port,
//! with its writes unsynced, because nothing in it is worth keeping.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::install;
use crate::process;

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// A running cluster; dropping it stops it and removes its folder.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    /// Whether what is committed is on the disk.
    synced: bool,
    server: Option<Child>,
}

impl Cluster {
    /// Makes a cluster with the programs in this folder and waits until it answers.
    pub fn start(programs: &Path) -> Result<Self> {
        Self::start_with(programs, false)
    }

    /// The same with writes that last, for measuring.
    pub fn start_synced(programs: &Path) -> Result<Self> {
        Self::start_with(programs, true)
    }

    fn start_with(programs: &Path, synced: bool) -> Result<Self> {
        let owner = Owner::find()?;
        let name = format!("tokenscope-postgres-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // From here on Drop removes the folder, whatever fails.
        let mut cluster = Self { folder, port: 0, synced, server: None };
        owner.take(&cluster.folder)?;
        let mut initdb = Command::new(programs.join("initdb"));
        initdb.arg("-D").arg(cluster.data());
        initdb.args(["-A", "trust", "-U", "tokenscope", "-E", "UTF8", "--locale=C", "--no-sync"]);
        println!("$ {}", process::describe(&initdb));
        process::output(owner.become_by(&mut initdb).current_dir(&cluster.folder))?;
        // Between the choice of a free port and its use, somebody else may take it.
        for attempts_left in (0..3).rev() {
            match cluster.serve(programs, &owner) {
                Ok(()) => return Ok(cluster),
                Err(error) if attempts_left == 0 || process::interrupted() => return Err(error),
                Err(error) => println!("again, since {error:#}"),
            }
        }
        bail!("PostgreSQL did not start")
    }

    /// Where tests connect to; they make databases of their own.
    pub fn url(&self) -> String {
        format!("postgres://tokenscope@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn serve(&mut self, programs: &Path, owner: &Owner) -> Result<()> {
        self.stop();
        self.port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = fs::File::create(self.folder.join("log"))?;
        let mut command = Command::new(programs.join("postgres"));
        command.arg("-D").arg(self.data());
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", &format!("port={}", self.port)]);
        command.args(["-c", &format!("unix_socket_directories={}", self.folder.display())]);
        command.args(["-c", "max_connections=200"]);
        if !self.synced {
            command.args(["-c", "fsync=off", "-c", "synchronous_commit=off"]);
            command.args(["-c", "full_page_writes=off"]);
        }
        println!("$ {}", process::describe(&command));
        owner.become_by(&mut command);
        command.current_dir(&self.folder).env("LC_ALL", "C").stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        // Not in our process group: an interrupt at the keyboard would take it away from under
        // tests that are still being stopped.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        self.server = Some(command.spawn().context("cannot start postgres")?);
        self.wait()
    }

    fn wait(&mut self) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT && !process::interrupted() {
            let ended = match &mut self.server {
                Some(server) => server.try_wait()?.is_some(),
                None => true,
            };
            if ended {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("PostgreSQL ended at once:\n{log}");
            }
            let pid_file = fs::read_to_string(self.data().join("postmaster.pid"));
            if pid_file.is_ok_and(|text| ready(&text)) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("PostgreSQL was not ready after {} s", begun.elapsed().as_secs())
    }

    fn stop(&mut self) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        // Fast shutdown first, then the immediate one.
        for signal in ["INT", "QUIT"] {
            process::signal_process(&server.id().to_string(), signal);
            if process::ended_within(&mut server, STOP_LIMIT) {
                return;
            }
        }
        // It may have ended by now, which is all that is wanted.
        let _ = server.kill();
        let _ = server.wait();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("cannot remove {}: {error}", self.folder.display());
        }
    }
}

/// The eighth line of `postmaster.pid` says how far the server is.
fn ready(pid_file: &str) -> bool {
    pid_file.lines().nth(7).is_some_and(|state| state.trim() == "ready")
}

/// Who runs the server: PostgreSQL refuses to be run by root.
struct Owner {
    ids: Option<(u32, u32)>,
}

impl Owner {
    fn find() -> Result<Self> {
        if !install::root() {
            return Ok(Self { ids: None });
        }
        let id = |what: &str| -> Result<u32> {
            let said = process::output(Command::new("id").args([what, "postgres"]))
                .context("PostgreSQL does not run as root, and there is no user postgres")?;
            Ok(said.trim().parse()?)
        };
        Ok(Self { ids: Some((id("-u")?, id("-g")?)) })
    }

    /// Gives the folder to that user, and to nobody else.
    fn take(&self, folder: &Path) -> Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
            if let Some((user, group)) = self.ids {
                std::os::unix::fs::chown(folder, Some(user), Some(group))?;
            }
        }
        Ok(())
    }

    /// Without `runuser` or `su` between us and the server, a signal reaches the server itself.
    fn become_by<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        #[cfg(unix)]
        if let Some((user, group)) = self.ids {
            use std::os::unix::process::CommandExt;
            command.uid(user).gid(group);
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_ready_when_its_file_says_so() {
        let file = |state: &str| format!("1\n/d\n2\n54321\n/d\n127.0.0.1\n3 4\n{state}\n");
        assert!(ready(&file("ready   ")));
        assert!(!ready(&file("starting")));
        assert!(!ready("1\n/d\n"));
    }
}
