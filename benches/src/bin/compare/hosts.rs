//! The programs that run the arms: built, asked what they can do, started for one arm each.

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use frame_arena_benches::question::Host;
use frame_arena_benches::record::QuestionRecord;

/// Builds the programs, each with what it needs and no more.
pub fn build() -> Result<(), Box<dyn Error>> {
    let build = |features, hosts: &[Host]| {
        build_with(features, &hosts.iter().map(|host| host.name()).collect::<Vec<_>>())
    };
    build("arenas,demo", &[Host::System, Host::Counted])?;
    build("demo,mimalloc", &[Host::Mimalloc])?;
    build("demo,jemalloc", &[Host::Jemalloc])
}

/// Builds programs of this package.
pub fn build_with(features: &str, programs: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut command = cargo("frame-arena-benches");
    command.args(["--features", features]);
    programs.iter().for_each(|program| {
        command.args(["--bin", program]);
    });
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("cargo build: {status}").into()) }
}

/// A build of `package`, to which more can be said.
pub fn cargo(package: &str) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--release", "--quiet", "-p", package]);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Beside this program.
pub fn program(host: &str) -> std::io::Result<PathBuf> {
    Ok(env::current_exe()?.with_file_name(host))
}

/// What can be asked.
pub fn questions() -> Result<Vec<QuestionRecord>, Box<dyn Error>> {
    let output = Command::new(program(Host::System.name())?).arg("list").output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A process that has one arm set up. It ends with this value.
pub struct Sitting {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Sitting {
    pub fn begin(host: &str, question: &str, arm: &str) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(program(host)?)
            .args(["serve", question, arm])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = child.stdin.take().ok_or("no pipe to the arm")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no pipe from the arm")?);
        Ok(Self { child, orders, answers })
    }

    /// The figure for so many operations.
    pub fn turn(&mut self, operations: u64) -> Result<f64, Box<dyn Error>> {
        writeln!(self.orders, "{operations}")?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(format!("the arm ended early: {}", self.child.wait()?).into());
        }
        Ok(line.trim().parse()?)
    }
}

impl Drop for Sitting {
    fn drop(&mut self) {
        // Nothing to be done about an arm that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process that copies memory as fast as it can, until this value ends.
pub struct Hog(Child);

impl Hog {
    pub fn begin() -> Result<Self, Box<dyn Error>> {
        Ok(Self(Command::new(program(Host::System.name())?).arg("hog").spawn()?))
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
