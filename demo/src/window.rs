//! The window: particles on the left, dashboard on the right.
//!
//! 1. [`open`] it with a program.
//! 2. In a loop: take every [`Window::next_command`] and apply it, step the simulation, [`Window::draw`], then await
//!    [`Window::end_frame`], until [`Window::is_open`] is false.
//! 3. [`Window::close`] it.

mod chart;
mod dashboard;
mod history;
mod input;
mod layout;
mod line_buffer;
mod overlay;
mod pacer;
mod painter;
#[expect(
    unsafe_code,
    reason = "the raw GL pass borrows macroquad's graphics context; its invariants head the file"
)]
mod particles;
mod places;
mod start;
mod theme;
mod widgets;

pub use start::{WindowError, open};

use crate::cli::WindowSize;
use crate::events::{Event, Events};
use crate::model::{Command, DashboardFrame, Pointer, Scene};
use crate::screenshot::write_png;
use dashboard::Dashboard;
use input::{Keys, Mouse};
use layout::{Layout, WorldView};
use macroquad::math::Rect;
use macroquad::window::{
    clear_background, next_frame, screen_dpi_scale, screen_height, screen_width,
};
use overlay::Notice;
use pacer::Pacer;
use painter::Painter;
use particles::{ParticlePass, ViewPx, flush_shapes};
use std::path::{Path, PathBuf};
use std::time::Instant;
use theme::Fonts;

/// Longest time that [`Window::dt_secs`] tells, so that a stopped program does not leap.
const DT_MAX_SECS: f32 = 0.1;

/// How the window is opened.
#[derive(Debug, Clone)]
pub struct WindowSettings {
    /// Its size.
    pub size: WindowSize,
    /// Most frames per second; `None` for the display's rate.
    pub fps_cap: Option<u32>,
    /// Close after so many frames.
    pub frames: Option<u64>,
    /// Write a picture of the frame with this number, from 1.
    pub screenshot: Option<(PathBuf, u64)>,
    /// Draw by instancing where the card can.
    pub wants_instancing: bool,
    /// Names of the effects, in the order of their keys.
    pub effect_names: Vec<String>,
    /// Where state changes go.
    pub events: Events,
}

/// An open window. Its methods are called from the program given to [`open`].
pub struct Window {
    settings: WindowSettings,
    painter: Painter,
    particles: ParticlePass,
    dashboard: Dashboard,
    notice: Notice,
    pacer: Pacer,
    commands: Vec<Command>,
    pointer: Option<Pointer>,
    is_open: bool,
    wants_picture: bool,
    pictures: u32,
    /// What became of the picture that was asked for at the start.
    picture: Result<(), String>,
    frames: u64,
    frame_began: Instant,
    dt_secs: f32,
}

impl Window {
    /// Loads fonts and shaders; called when the window's context exists.
    fn new(settings: WindowSettings) -> Result<Self, String> {
        macroquad::input::prevent_quit();
        Ok(Self {
            painter: Painter::new(Fonts::load()?),
            particles: ParticlePass::new(settings.wants_instancing)?,
            dashboard: Dashboard::default(),
            notice: Notice::default(),
            pacer: Pacer::new(settings.fps_cap),
            commands: Vec::with_capacity(16),
            pointer: None,
            is_open: true,
            wants_picture: false,
            pictures: 0,
            picture: Ok(()),
            frames: 0,
            frame_began: Instant::now(),
            dt_secs: 1.0 / 60.0,
            settings,
        })
    }

    /// False once the user has closed it or its last frame is over.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Time between the last two frames in seconds, at most 0.1.
    #[must_use]
    pub fn dt_secs(&self) -> f32 {
        self.dt_secs.min(DT_MAX_SECS)
    }

    /// Frames that were shown.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The next thing that the user asked for in the last frame. [`Command::Quit`] has closed the window already.
    pub fn next_command(&mut self) -> Option<Command> {
        if self.commands.is_empty() { None } else { Some(self.commands.remove(0)) }
    }

    /// Shows a line over the world for some seconds.
    pub fn show_notice(&mut self, text: &str) {
        self.notice.show(text, false);
    }

    /// Shows an error over the world until [`Window::clear_error`] or another notice.
    pub fn show_error(&mut self, text: &str) {
        self.notice.show(text, true);
    }

    /// Takes the error away that is shown; another notice stays.
    pub fn clear_error(&mut self) {
        self.notice.clear_error();
    }

    /// Changes [`WindowSettings::effect_names`].
    pub fn set_effect_names<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        self.settings.effect_names = names.map(str::to_owned).collect();
    }

    /// Draws a frame and collects what the user asks for.
    pub fn draw(&mut self, scene: &Scene<'_>, frame: &DashboardFrame<'_>) {
        frame_arena::profile::zone!("draw");
        let dots = screen_dpi_scale();
        let layout = Layout::new(screen_width(), screen_height());
        let world = WorldView::new(layout.view, scene.half_extents_m);
        self.dashboard.record(frame, self.dt_secs * 1000.0);
        self.painter.set_scale(layout.scale, dots);
        clear_background(theme::SPACE);
        overlay::draw_ground(&mut self.painter, &layout, &world);
        self.painter.finish();
        flush_shapes();
        let screen_px = [screen_width() * dots, screen_height() * dots];
        self.particles.draw(scene.instances, view_px(layout.view, world.per_m, dots), screen_px);
        let (mouse, keys) = (Mouse::read(), Keys::read());
        let mut places = overlay::draw_captions(&mut self.painter, &layout, frame, &self.notice);
        overlay::draw_labels(&mut self.painter, &world, scene.labels, &mut places);
        self.painter.finish();
        let dt_secs = self.dt_secs();
        let commands = &mut self.commands;
        self.dashboard.draw(
            &mut self.painter,
            &layout,
            &mouse,
            frame,
            &self.settings.effect_names,
            |command| {
                commands.push(command);
            },
        );
        self.painter.finish();
        keys.commands(frame, self.settings.effect_names.len(), dt_secs, |command| {
            commands.push(command)
        });
        self.wants_picture |= keys.is_screenshot_pressed;
        self.follow_mouse(&mouse, &layout, &world);
        if self.commands.contains(&Command::Quit) {
            self.is_open = false;
        }
    }

    /// Shows the frame: takes pictures, counts, waits for the display, and keeps the frame rate.
    pub async fn end_frame(&mut self) {
        self.frames += 1;
        self.take_pictures();
        next_frame().await;
        frame_arena::profile::frame_mark();
        if self.frames == 1 {
            self.emit_open();
        }
        let pause = self.pacer.pause_at(Instant::now());
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
        let now = Instant::now();
        self.dt_secs = now.duration_since(self.frame_began).as_secs_f32();
        self.frame_began = now;
        self.notice.pass(self.dt_secs);
        let is_last = self.settings.frames.is_some_and(|frames| self.frames >= frames);
        if is_last || macroquad::input::is_quit_requested() {
            self.is_open = false;
        }
    }

    /// Ends the window.
    ///
    /// # Errors
    /// Why the picture of [`WindowSettings::screenshot`] was not written, with its file, if one was asked for.
    pub fn close(mut self) -> Result<(), String> {
        if let Some((path, frame)) = self.settings.screenshot.take() {
            let error =
                format!("{}: no picture: the window closed before frame {frame}", path.display());
            self.settings.events.emit(Event::ScreenshotFailed { error: &error });
            return Err(error);
        }
        self.picture
    }

    /// Sends a command when the pull of the mouse begins, moves or ends.
    fn follow_mouse(&mut self, mouse: &Mouse, layout: &Layout, world: &WorldView) {
        let is_held = (mouse.is_left_down || mouse.is_right_down) && !self.dashboard.is_dragging();
        let pointer = (is_held && mouse.is_over(layout.view)).then(|| Pointer {
            position_m: world.to_world(mouse.at),
            is_repelling: mouse.is_right_down,
        });
        if pointer != self.pointer {
            self.pointer = pointer;
            self.commands.push(Command::SetPointer(pointer));
        }
    }

    fn emit_open(&self) {
        let dots = screen_dpi_scale();
        self.settings.events.emit(Event::WindowOpen {
            width_px: (screen_width() * dots) as u32,
            height_px: (screen_height() * dots) as u32,
            is_instanced: self.particles.is_instanced(),
        });
    }

    /// Writes the pictures that are due in this frame.
    fn take_pictures(&mut self) {
        if let Some((path, _)) =
            self.settings.screenshot.take_if(|(_, frame)| *frame == self.frames)
        {
            self.picture = self.write_picture(&path);
        }
        if std::mem::take(&mut self.wants_picture) {
            self.pictures += 1;
            let path = PathBuf::from(format!(
                "particle-demo-{}-{}.png",
                std::process::id(),
                self.pictures
            ));
            let _told = self.write_picture(&path);
        }
    }

    /// Writes a picture and says so, or why not; the program goes on either way.
    fn write_picture(&mut self, path: &Path) -> Result<(), String> {
        let picture = macroquad::texture::get_screen_data();
        let events = self.settings.events;
        match write_png(path, picture.width, picture.height, &picture.bytes) {
            Ok(()) => {
                self.notice.show(&format!("picture written: {}", path.display()), false);
                events.emit(Event::ScreenshotWritten { path, frame: self.frames });
                Ok(())
            }
            Err(error) => {
                let error = error.to_string();
                self.notice.show(&error, true);
                events.emit(Event::ScreenshotFailed { error: &error });
                Err(error)
            }
        }
    }
}

/// The view in dots of the display.
fn view_px(view: Rect, per_m: f32, dots: f32) -> ViewPx {
    ViewPx {
        x: view.x * dots,
        y: view.y * dots,
        width: view.w * dots,
        height: view.h * dots,
        per_m: per_m * dots,
    }
}
