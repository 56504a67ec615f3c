//! Zones and plots of phases, zones of systems: names made once.
#![forbid(unsafe_code)]

use super::calls::{self, Location, Name, PlotFormat};
use super::names::{Interned, short_name};
use super::{Zone, is_heard, location_here};
use crate::profile::PhasePoint;

struct PhaseNames {
    zone: Location,
    used: Name,
    reserved: Name,
    high_water: Name,
    allocations: Name,
    budget: Name,
}

static PHASES: Interned<PhaseNames> = Interned::new();
static HEAP_CALLS: Interned<Name> = Interned::new();
static SYSTEMS: Interned<Location> = Interned::new();

/// What the profiler is told of one phase.
#[derive(Clone, Copy)]
pub(crate) struct PhaseProfile {
    name: &'static str,
    names: &'static PhaseNames,
    heap_calls: Option<Name>,
}

impl PhaseProfile {
    pub(crate) fn new(name: &'static str) -> Self {
        let names = PHASES.get(name, |phase| PhaseNames {
            zone: location_here(phase, "frame_arena::ecs::Engine::run_frame"),
            used: plot_of(phase, "used", PlotFormat::Memory),
            reserved: plot_of(phase, "reserved", PlotFormat::Memory),
            high_water: plot_of(phase, "high-water mark", PlotFormat::Memory),
            allocations: plot_of(phase, "allocations", PlotFormat::Number),
            budget: plot_of(phase, "budget share", PlotFormat::Percentage),
        });
        Self { name, names, heap_calls: None }
    }

    /// With a plot of heap calls, for whoever counts those of the phase's systems.
    pub(crate) fn with_heap_calls(self) -> Self {
        let make = |phase: &str| plot_of(phase, "heap calls", PlotFormat::Number);
        Self { heap_calls: Some(*HEAP_CALLS.get(self.name, make)), ..self }
    }

    pub(crate) fn zone(&self) -> Zone {
        Zone::at(&self.names.zone)
    }

    /// A point on each plot of the phase, if somebody sees it.
    pub(crate) fn plot(&self, point: impl FnOnce() -> PhasePoint) {
        if is_heard() {
            let (names, point) = (self.names, point());
            calls::plot(names.used, point.used_bytes as f64);
            calls::plot(names.reserved, point.reserved_bytes as f64);
            calls::plot(names.high_water, point.high_water_bytes as f64);
            calls::plot(names.allocations, point.alloc_count as f64);
            calls::plot(names.budget, point.budget_percent);
            if let Some(heap_calls) = self.heap_calls {
                calls::plot(heap_calls, point.heap_calls as f64);
            }
        }
    }
}

fn plot_of(phase: &str, what: &str, format: PlotFormat) -> Name {
    let name = Name::leak(&format!("{phase} {what}"));
    calls::set_up_plot(name, format);
    name
}

/// What the profiler is told of one system.
pub(crate) struct SystemProfile(&'static Location);

impl SystemProfile {
    pub(crate) fn new(path: &str) -> Self {
        Self(SYSTEMS.get(path, |path| location_here(&short_name(path), path)))
    }

    pub(crate) fn zone(&self) -> Zone {
        Zone::at(self.0)
    }
}
