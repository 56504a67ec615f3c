//! The particle demo: a window of particles, or a measured run without one.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use frame_arena::heap::Counting;
use frame_arena::profile;
use particle_demo::cli::Cli;
use particle_demo::events::{Event, Events};
use particle_demo::headless;
use particle_demo::shown;
use particle_demo::simulation::SimulationSettings;
use particle_demo::startup::{Effects, load_effects};
use particle_demo::whole_file::check_writable;
use particle_demo::window::WindowError;

/// Counts each call of the global allocator, for the dashboard and the report.
#[global_allocator]
static HEAP: Counting = Counting::system();

/// Something failed that the user could not foresee.
const FAILED: u8 = 1;
/// A wrong option, or no effect that can be shown.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let events = Events::new(cli.events);
    if let Some(option) = cli.profiler_option()
        && !profile::IS_BUILT_IN
    {
        let remedy = "build with `cargo run --release --features tracy`";
        return fail(&format_args!("{option}: this build has no profiler; {remedy}"), UNUSABLE);
    }
    let effects = match load_effects(cli.assets.as_deref(), cli.effect.as_deref(), events) {
        Ok(effects) => effects,
        Err(error) => return fail(&error, UNUSABLE),
    };
    // Now, not after the run that it is the result of.
    for path in [&cli.report, &cli.screenshot].into_iter().flatten() {
        if let Err(error) = check_writable(path) {
            return fail(&error, FAILED);
        }
    }
    if cli.wait_for_profiler {
        wait_for_profiler();
    }
    if cli.headless {
        return run_headless(&cli, &effects, events);
    }
    let spare = effects.spare();
    match shown::run(&cli, effects, events) {
        Ok(code) => code,
        Err(WindowError::NoWindow { reason }) => {
            events.emit(Event::WindowMissing { reason: &reason });
            if let Some(path) = &cli.screenshot {
                let error = format!("{}: no picture without a window: {reason}", path.display());
                events.emit(Event::ScreenshotFailed { error: &error });
                return fail(&error, FAILED);
            }
            eprintln!("no window: {reason}; running headless, as --headless does");
            run_headless(&cli, &spare, events)
        }
        Err(error) => fail(&error, FAILED),
    }
}

fn run_headless(cli: &Cli, effects: &Effects, events: Events) -> ExitCode {
    let effect = effects.library.effect(effects.index);
    events.emit(Event::EffectLoaded { name: &effect.name });
    let report = match headless::run(effect, SimulationSettings::from(cli), cli.headless_frames()) {
        Ok(report) => report,
        Err(error) => return fail(&error, FAILED),
    };
    if let Some(path) = &cli.report {
        if let Err(error) = report.write(path) {
            return fail(&error, FAILED);
        }
        events.emit(Event::ReportWritten { path });
    }
    if !cli.events
        && let Err(error) = print_whole(&report.to_string())
    {
        let remedy = "--report FILE writes the figures to a file";
        return fail(&format_args!("stdout: the table was not written: {error}; {remedy}"), FAILED);
    }
    events.emit(Event::Closed { frames: report.frames });
    ExitCode::SUCCESS
}

/// Holds the first frame until somebody sees it.
fn wait_for_profiler() {
    profile::start();
    let port = std::env::var("TRACY_PORT").unwrap_or_else(|_| "8086 or the next free one".into());
    eprintln!("waiting for a Tracy 0.14 viewer on this machine, port {port}");
    profile::wait_for_viewer();
}

/// Prints to stdout; somebody who stops reading (a closed pipe) is no failure.
fn print_whole(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// One line on stderr, and the exit code.
fn fail(error: &dyn std::fmt::Display, code: u8) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(code)
}
