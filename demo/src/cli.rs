//! The command line.

use crate::events::Events;
use crate::model::{AllocatorKind, ExecutorKind};
use crate::window::WindowSettings;
use clap::Parser;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Particles that there is room for unless the command line says otherwise.
pub const PARTICLES_DEFAULT: u32 = 20_000;
/// Most particles that can be asked for.
const PARTICLES_MAX: i64 = 2_000_000;
/// Most threads that can be asked for.
const THREADS_MAX: i64 = 256;
/// Frames of a headless run unless the command line says otherwise.
pub const HEADLESS_FRAMES_DEFAULT: u64 = 600;
/// Frame of `--screenshot` in a window without `--frames`.
pub const SCREENSHOT_FRAME_DEFAULT: u64 = 240;

const EXAMPLES: &str = "\
Examples:
  particle-demo
      open the window
  particle-demo --effect galaxy --particles 100000 --allocator heap
      a hundred thousand stars, every object on the heap; press A to switch to the arenas
  particle-demo --headless --frames 600 --seed 1 --report r.json
      measure without a window and write the figures
  particle-demo --headless --particles 100000 --threads 2
      two threads share the work of each phase
  particle-demo --budget-kib 4096
      trails, contacts and labels are left out where a phase has used its 4 MiB
  particle-demo --frames 240 --screenshot shot.png
      a picture of the last of 240 frames, then close

Keys in the window:
  Space pause   A arena/heap   1..9, E effect   Up/Down emission   Left/Right gravity   S screenshot   Esc quit
  the left mouse button pulls particles, the right one pushes them

Exit codes: 0 done, 1 failed, 2 bad option or no effect that can be shown.";

/// Particles driven by three phases, update, physics and render, whose transient objects live in frame arenas.
///
/// Opens a window with the particles and the memory figures of each frame. Without a display it says so and runs
/// headless.
#[derive(Debug, Clone, PartialEq, Parser)]
#[command(version, after_help = EXAMPLES)]
pub struct Cli {
    /// Run without a window and print a table of figures
    #[arg(long)]
    pub headless: bool,

    /// Stop after N frames [default: headless 600, window none]; figures of settled frames begin after frame 60
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub frames: Option<u64>,

    /// Seed of the random numbers: the same seed gives the same run
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,

    /// Room for N particles, 1 to 2000000, made and filled before the first frame
    #[arg(long, value_name = "N", default_value_t = PARTICLES_DEFAULT,
          value_parser = clap::value_parser!(u32).range(1..=PARTICLES_MAX))]
    pub particles: u32,

    /// Effect to begin with [default: the first of the assets folder]
    #[arg(long, value_name = "NAME")]
    pub effect: Option<String>,

    /// Where transient objects are put
    #[arg(long, value_enum, default_value_t = AllocatorKind::Arena)]
    pub allocator: AllocatorKind,

    /// Let each phase use at most N KiB in a frame (physics: in a tick); what does not fit is left out and counted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub budget_kib: Option<u32>,

    /// Threads that share the work, 1 to 256; the same particles come out, whatever their number
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u16).range(1..=THREADS_MAX))]
    pub threads: u16,

    /// Who runs the systems of a phase
    #[arg(long, value_enum, default_value_t = ExecutorKind::Serial)]
    pub executor: ExecutorKind,

    /// Write the figures of a headless run as JSON, whole or not at all; null where no frame was settled
    #[arg(long, value_name = "FILE", requires = "headless")]
    pub report: Option<PathBuf>,

    /// Write a PNG of the window: of the last frame with --frames, else of frame 240, and go on; fail if it is not written
    #[arg(long, value_name = "FILE", conflicts_with = "headless")]
    pub screenshot: Option<PathBuf>,

    /// Print state changes as JSON lines on stdout
    #[arg(long)]
    pub events: bool,

    /// Folder with effects/*.ron [default: ./assets, beside the program, or in its sources]
    #[arg(long, value_name = "DIR")]
    pub assets: Option<PathBuf>,

    /// Show at most N frames per second [default: the display's rate; 60 if the display sets none]
    #[arg(long, value_name = "N", conflicts_with = "headless",
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub fps_cap: Option<u32>,

    /// Size of the window in pixels
    #[arg(long, value_name = "WxH", conflicts_with = "headless", default_value_t = WindowSize::DEFAULT)]
    pub size: WindowSize,

    /// Begin with the first frame when a Tracy viewer has connected (needs feature tracy)
    #[arg(long)]
    pub wait_for_profiler: bool,

    /// Tell the Tracy viewer of each object in the arenas, not of blocks alone; slow (needs feature tracy)
    #[arg(long)]
    pub profile_objects: bool,

    /// Draw as if the graphics card knew no instancing
    #[arg(long, hide = true)]
    pub no_instancing: bool,
}

/// Size of the window in pixels, written as `1280x720`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowSize {
    /// Pixels across.
    pub width_px: u32,
    /// Pixels down.
    pub height_px: u32,
}

impl WindowSize {
    /// The size of a window that nobody asked another size for.
    pub const DEFAULT: Self = Self { width_px: 1280, height_px: 720 };
    /// The smallest in which the dashboard can be read.
    const MIN: Self = Self { width_px: 640, height_px: 400 };
    /// The largest that is accepted.
    const MAX: Self = Self { width_px: 7680, height_px: 4320 };
}

impl fmt::Display for WindowSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width_px, self.height_px)
    }
}

impl FromStr for WindowSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (min, max) = (Self::MIN, Self::MAX);
        let pair = text
            .split_once(['x', 'X'])
            .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
        let Some((width_px, height_px)) = pair else {
            return Err(format!("expected width and height in pixels, like {}", Self::DEFAULT));
        };
        let fits = (min.width_px..=max.width_px).contains(&width_px)
            && (min.height_px..=max.height_px).contains(&height_px);
        if fits {
            Ok(Self { width_px, height_px })
        } else {
            Err(format!("expected {min} to {max}"))
        }
    }
}

impl Cli {
    /// The option given that only a build with a profiler knows.
    #[must_use]
    pub fn profiler_option(&self) -> Option<&'static str> {
        let options = [
            (self.wait_for_profiler, "--wait-for-profiler"),
            (self.profile_objects, "--profile-objects"),
        ];
        options.into_iter().find_map(|(is_given, name)| is_given.then_some(name))
    }

    /// Frames of a headless run.
    #[must_use]
    pub fn headless_frames(&self) -> u64 {
        self.frames.unwrap_or(HEADLESS_FRAMES_DEFAULT)
    }

    /// Number, from 1, of the frame of which the window writes a picture.
    #[must_use]
    pub fn screenshot_frame(&self) -> u64 {
        self.frames.unwrap_or(SCREENSHOT_FRAME_DEFAULT)
    }

    /// How to open the window.
    #[must_use]
    pub fn window_settings(&self, effect_names: Vec<String>) -> WindowSettings {
        WindowSettings {
            size: self.size,
            fps_cap: self.fps_cap,
            frames: self.frames,
            screenshot: self.screenshot.clone().map(|path| (path, self.screenshot_frame())),
            wants_instancing: !self.no_instancing,
            effect_names,
            events: Events::new(self.events),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cli, WindowSize};
    use crate::report::SETTLED_AFTER_FRAMES;
    use clap::{CommandFactory, Parser};

    fn parse(line: &str) -> Result<Cli, String> {
        Cli::try_parse_from(line.split_whitespace()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_readme_command_is_understood() {
        let cli = parse("demo --headless --frames 600 --seed 1 --particles 20000 --report r.json")
            .unwrap();
        assert!(cli.headless);
        assert_eq!((cli.frames, cli.seed, cli.particles), (Some(600), 1, 20_000));
    }

    #[test]
    fn particles_out_of_range_name_the_range() {
        assert!(parse("demo --particles 0").unwrap_err().contains("1..=2000000"));
        assert!(parse("demo --particles 2000001").unwrap_err().contains("1..=2000000"));
    }

    #[test]
    fn threads_out_of_range_name_the_range() {
        assert!(parse("demo --threads 0").unwrap_err().contains("1..=256"));
        assert!(parse("demo --threads 257").unwrap_err().contains("1..=256"));
        assert_eq!(parse("demo --threads 4").unwrap().threads, 4);
    }

    #[test]
    fn a_bad_size_says_what_is_expected() {
        assert!(parse("demo --size big").unwrap_err().contains("like 1280x720"));
        assert!(parse("demo --size 10x10").unwrap_err().contains("640x400 to 7680x4320"));
        assert_eq!(
            parse("demo --size 960x540").unwrap().size,
            WindowSize { width_px: 960, height_px: 540 }
        );
    }

    #[test]
    fn a_report_without_headless_is_refused() {
        assert!(parse("demo --report r.json").unwrap_err().contains("--headless"));
    }

    #[test]
    fn what_only_a_window_can_do_is_refused_without_one() {
        for option in ["--fps-cap 30", "--size 960x540", "--screenshot shot.png"] {
            let error = parse(&format!("demo --headless {option}")).unwrap_err();
            assert!(error.contains("'--headless' cannot be used with"), "{error}");
        }
    }

    #[test]
    fn a_budget_of_nothing_is_refused() {
        assert!(parse("demo --budget-kib 0").unwrap_err().contains("0 is not in 1.."));
        assert_eq!(parse("demo --budget-kib 512").unwrap().budget_kib, Some(512));
    }

    #[test]
    fn the_help_says_when_frames_are_settled() {
        let help = Cli::command().render_help().to_string();
        assert!(help.contains(&format!("begin after frame {SETTLED_AFTER_FRAMES}")), "{help}");
    }

    #[test]
    fn zero_frames_are_refused() {
        assert!(parse("demo --frames 0").is_err());
    }
}
