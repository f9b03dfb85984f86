//! The command line. By hand, because nine words do not pay for an argument parser's compile time.

/// What the caller asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    /// Print the help text.
    Help,
    /// Build in release mode and serve the demo.
    Run {
        /// Arguments for the server, in the order given.
        server_args: Vec<String>,
    },
    /// Make the self-contained binary.
    Dist,
    /// Serve a debug build and rebuild it on change.
    Dev {
        /// Arguments for the server, in the order given.
        server_args: Vec<String>,
    },
    /// Measure the pages.
    Lighthouse,
    /// Measure the core.
    Bench,
    /// Check everything.
    Test(TestOptions),
    /// Make the site folder alone.
    Front,
    /// Format the sources.
    Fmt,
}

/// The options of `test`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TestOptions {
    /// Install missing tools even outside of a container.
    pub install: bool,
    /// Names of the steps to run; empty means all of them.
    pub only: Vec<String>,
}

/// Reads the arguments that follow the program's name.
pub fn parse(args: impl Iterator<Item = String>) -> Result<Task, String> {
    let mut args = args.peekable();
    let Some(command) = args.next() else {
        return Ok(Task::Help);
    };
    let rest: Vec<String> = args.collect();
    match command.as_str() {
        "help" | "--help" | "-h" => Ok(Task::Help),
        "run" => Ok(Task::Run { server_args: rest }),
        "dev" => Ok(Task::Dev { server_args: rest }),
        "test" => parse_test(rest).map(Task::Test),
        "dist" => alone(Task::Dist, &command, &rest),
        "bench" => alone(Task::Bench, &command, &rest),
        "front" => alone(Task::Front, &command, &rest),
        "lighthouse" => alone(Task::Lighthouse, &command, &rest),
        "fmt" => alone(Task::Fmt, &command, &rest),
        other => Err(format!("there is no command '{other}'")),
    }
}

fn alone(task: Task, command: &str, rest: &[String]) -> Result<Task, String> {
    match rest.first() {
        None => Ok(task),
        Some(extra) => Err(format!("'{command}' takes no arguments, but got '{extra}'")),
    }
}

fn parse_test(rest: Vec<String>) -> Result<TestOptions, String> {
    let mut options = TestOptions::default();
    let mut rest = rest.into_iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--install" => options.install = true,
            "--only" => {
                let names = rest.next().ok_or("'--only' needs the name of a step")?;
                options.only.extend(names.split(',').map(str::to_owned));
            }
            other => return Err(format!("'test' knows no argument '{other}'")),
        }
    }
    Ok(options)
}

/// The address the server will listen on: argument, else environment, else the default.
pub fn address(server_args: &[String], environment: Option<String>) -> String {
    let mut args = server_args.iter();
    while let Some(arg) = args.next() {
        if arg == "--address" {
            if let Some(value) = args.next() {
                return value.clone();
            }
        } else if let Some(value) = arg.strip_prefix("--address=") {
            return value.to_owned();
        }
    }
    environment.filter(|value| !value.is_empty()).unwrap_or_else(|| "127.0.0.1:3000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    fn parsed(line: &str) -> Result<Task, String> {
        parse(words(line).into_iter())
    }

    #[test]
    fn no_argument_is_help() {
        assert_eq!(parsed(""), Ok(Task::Help));
        assert_eq!(parsed("--help"), Ok(Task::Help));
    }

    #[test]
    fn an_unknown_command_is_named() {
        assert_eq!(parsed("rnu"), Err("there is no command 'rnu'".to_owned()));
        assert!(parsed("dist --fast").is_err());
        assert!(parsed("bench --fast").is_err());
        assert_eq!(parsed("bench"), Ok(Task::Bench));
    }

    #[test]
    fn run_hands_its_arguments_on() {
        let server_args = words("--fresh --address 0.0.0.0:80");
        assert_eq!(parsed("run --fresh --address 0.0.0.0:80"), Ok(Task::Run { server_args }));
    }

    #[test]
    fn test_takes_several_steps() {
        let only = words("format graph e2e");
        let expected = TestOptions { install: true, only };
        assert_eq!(
            parsed("test --only format,graph --install --only e2e"),
            Ok(Task::Test(expected))
        );
        assert!(parsed("test --only").is_err());
        assert!(parsed("test --no-e2e").is_err());
    }

    #[test]
    fn the_address_prefers_the_argument() {
        let env = || Some("[::1]:8080".to_owned());
        assert_eq!(address(&words("--fresh --address 0.0.0.0:80"), env()), "0.0.0.0:80");
        assert_eq!(address(&words("--address=0.0.0.0:81"), env()), "0.0.0.0:81");
        assert_eq!(address(&[], env()), "[::1]:8080");
        assert_eq!(address(&[], None), "127.0.0.1:3000");
    }
}
