//! A display without a screen.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A display that ends with the test.
pub struct Display {
    server: Child,
    pub name: String,
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ended = self.server.kill();
        let _reaped = self.server.wait();
    }
}

/// Starts a display, or says why the test is skipped.
pub fn display() -> Option<Display> {
    match start_display() {
        Ok(display) => Some(display),
        Err(reason) if std::env::var_os("CI").is_some() => panic!("{reason}"),
        Err(reason) => {
            eprintln!("skipped: {reason}");
            None
        }
    }
}

fn start_display() -> Result<Display, String> {
    let is_there = Command::new("xdotool").arg("version").output().is_ok();
    if !is_there {
        return Err("xdotool is not installed".into());
    }
    // The server chooses a free number and prints it once it accepts connections.
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1280x720x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("Xvfb could not be started: {error}"))?;
    let mut number = String::new();
    let stdout = server.stdout.take().expect("piped");
    BufReader::new(stdout).read_line(&mut number).map_err(|error| error.to_string())?;
    if number.trim().is_empty() {
        let _reaped = server.wait();
        return Err("Xvfb ended without a display".into());
    }
    Ok(Display { server, name: format!(":{}", number.trim()) })
}
