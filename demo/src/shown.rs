//! The simulation in a window: commands in, pictures out.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use frame_arena::ecs::{EngineError, FrameReport};

use crate::cli::Cli;
use crate::effect::{EffectError, EffectLibrary, News, Reload};
use crate::events::{Event, Events};
use crate::model::{Command, DashboardFrame, Label, PHASE_COUNT, PhaseFigures, Scene};
use crate::simulation::{Simulation, SimulationSettings};
use crate::startup::Effects;
use crate::window::{Window, WindowError, open};

/// How often the folder of effects, and the file of the one that is shown, are looked at.
const RELOAD_PERIOD: Duration = Duration::from_secs(1);

/// Runs the demo in a window until it is closed.
///
/// # Errors
/// [`WindowError::NoWindow`] if there can be none: then nothing was run.
pub fn run(cli: &Cli, effects: Effects, events: Events) -> Result<ExitCode, WindowError> {
    let names = effects.library.names().map(str::to_owned).collect();
    let settings = SimulationSettings::from(cli);
    open(cli.window_settings(names), async move |mut window: Window| {
        if let Some(error) = effects.refused.first() {
            window.show_error(&error.to_string());
        }
        let mut show = match Show::new(effects, settings, events) {
            Ok(show) => show,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        };
        while window.is_open() {
            while let Some(command) = window.next_command() {
                show.obey(command, &mut window);
            }
            show.reload_changed(&mut window);
            show.step(&mut window);
            show.draw(&mut window);
            window.end_frame().await;
        }
        let frames = window.frames();
        let picture = window.close();
        events.emit(Event::Closed { frames });
        match picture {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        }
    })
}

/// A simulation and what the dashboard says of it.
struct Show {
    library: EffectLibrary,
    index: usize,
    simulation: Simulation,
    is_paused: bool,
    report: Option<FrameReport>,
    /// What each phase had left out before the last frame, and after it.
    refused_counts: [[u64; PHASE_COUNT]; 2],
    looked_at: Instant,
    events: Events,
}

impl Show {
    fn new(
        effects: Effects,
        settings: SimulationSettings,
        events: Events,
    ) -> Result<Self, EngineError> {
        let Effects { library, index, .. } = effects;
        let simulation = Simulation::new(library.effect(index), settings)?;
        events.emit(Event::EffectLoaded { name: &library.effect(index).name });
        Ok(Self {
            library,
            index,
            simulation,
            is_paused: false,
            report: None,
            refused_counts: [[0; PHASE_COUNT]; 2],
            looked_at: Instant::now(),
            events,
        })
    }

    fn obey(&mut self, command: Command, window: &mut Window) {
        match command {
            Command::SetPaused(is_paused) => {
                self.is_paused = is_paused;
                self.events.emit(Event::Paused { is_paused });
            }
            Command::SetEmission(factor) => {
                self.simulation.set_emission(factor);
                self.events.emit(Event::EmissionSet { factor });
            }
            Command::SetGravity(m_per_sec2) => {
                self.simulation.set_gravity(m_per_sec2);
                self.events.emit(Event::GravitySet { m_per_sec2 });
            }
            Command::SelectEffect(index) => {
                self.index = index.min(self.library.count() - 1);
                // Its file may have changed while another effect was shown.
                if self.read_again(window) {
                    window.set_effect_names(self.library.names());
                }
                let effect = self.library.effect(self.index);
                self.simulation.show(effect);
                self.events.emit(Event::EffectLoaded { name: &effect.name });
                self.show_refusal(window);
            }
            Command::SetAllocator(allocator) => {
                self.simulation.set_allocator(allocator);
                self.events.emit(Event::AllocatorSwitched { allocator });
            }
            Command::SetPointer(pointer) => self.simulation.set_pointer(pointer),
            Command::Quit => {} // The window has closed itself.
        }
    }

    /// Takes new and changed effect files, or says why not and goes on with the effects that it has.
    fn reload_changed(&mut self, window: &mut Window) {
        if self.looked_at.elapsed() < RELOAD_PERIOD {
            return;
        }
        self.looked_at = Instant::now();
        self.take_new_files(window);
        if self.read_again(window) {
            let effect = self.library.effect(self.index);
            self.simulation.retouch(effect);
            self.events.emit(Event::EffectLoaded { name: &effect.name });
            window.set_effect_names(self.library.names());
            window.clear_error();
        }
    }

    /// Whether the file of the effect that is shown changed and was taken.
    fn read_again(&mut self, window: &mut Window) -> bool {
        match self.library.reload_changed(self.index) {
            Reload::Unchanged => false,
            Reload::Loaded => true,
            Reload::Refused(error) => {
                self.refuse(&error, window);
                false
            }
        }
    }

    fn take_new_files(&mut self, window: &mut Window) {
        let mut all_news = Vec::new();
        self.library.look_for_new(|news| all_news.push(news));
        for news in all_news {
            match news {
                News::Added(index) => {
                    self.index += usize::from(index <= self.index);
                    let name = &self.library.effect(index).name;
                    window.set_effect_names(self.library.names());
                    self.events.emit(Event::EffectAdded { name });
                    // Another error is told again when its effect is chosen, or its file changes.
                    window.show_notice(&format!("new effect: {name}"));
                }
                News::Refused(error) => self.refuse(&error, window),
                News::RefusedGone => self.show_refusal(window),
            }
        }
    }

    fn refuse(&self, error: &EffectError, window: &mut Window) {
        let error = error.to_string();
        self.events.emit(Event::EffectFailed { error: &error });
        window.show_error(&error);
    }

    /// Says what is wrong with the file of the effect that is shown; takes another error away.
    fn show_refusal(&self, window: &mut Window) {
        match self.library.refusal(self.index) {
            Some(error) => window.show_error(error),
            None => window.clear_error(),
        }
    }

    /// Runs a frame; one in which time stands still while paused.
    fn step(&mut self, window: &mut Window) {
        let elapsed = if self.is_paused { 0.0 } else { window.dt_secs() };
        match self.simulation.run_frame(Duration::from_secs_f32(elapsed)) {
            Ok(report) => self.report = Some(report),
            Err(error) => {
                window.show_error(&error.to_string());
                self.report = Some(*error.report);
            }
        }
        self.refused_counts = [self.refused_counts[1], self.simulation.refused_counts()];
    }

    fn draw(&mut self, window: &mut Window) {
        let Some(report) = &self.report else { return };
        let effect = self.library.effect(self.index);
        let emission = self.simulation.emission();
        let frame = DashboardFrame {
            effect_name: &effect.name,
            effect_description: &effect.description,
            effect_index: self.index,
            allocator: self.simulation.allocator(),
            is_paused: self.is_paused,
            particle_count: emission.living_count,
            particle_cap: self.simulation.particle_cap(),
            emission_factor: emission.factor,
            emission_per_sec: emission.per_sec(),
            gravity_m_per_sec2: self.simulation.gravity(),
            heap_calls: report.heap.heap_calls,
            simulation_ms: report.duration.as_secs_f32() * 1_000.0,
            budget_bytes: self.simulation.budget_bytes().map(|bytes| bytes as u64),
            phases: self.phase_figures(report),
        };
        let mut labels =
            [Label { position_m: [0.0; 2], text: "" }; crate::simulation::LABEL_COUNT as usize];
        let labels = self.simulation.labels(&mut labels);
        let scene = Scene {
            half_extents_m: effect.half_extents_m,
            instances: self.simulation.instances(),
            labels,
        };
        window.draw(&scene, &frame);
    }

    /// The dashboard's figures of the three phases, in the order in which they run.
    fn phase_figures(&self, report: &FrameReport) -> [PhaseFigures; PHASE_COUNT] {
        let [before, after] = self.refused_counts;
        std::array::from_fn(|n| {
            report.phases.get(n).map_or_else(PhaseFigures::default, |phase| PhaseFigures {
                name: phase.name,
                alloc_count: phase.stats.alloc_count,
                used_bytes: phase.stats.used_bytes as u64,
                held_bytes: phase.held_bytes as u64,
                reserved_bytes: phase.stats.reserved_bytes as u64,
                high_water_bytes: phase.stats.high_water_bytes as u64,
                block_count: u64::from(phase.stats.block_count),
                heap_calls: phase.heap.heap_calls,
                refused_count: after[n] - before[n],
            })
        })
    }
}
