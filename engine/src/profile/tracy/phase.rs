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
    heap_calls: Name,
    budget: Name,
}

static PHASES: Interned<PhaseNames> = Interned::new();
static SYSTEMS: Interned<Location> = Interned::new();

/// What the profiler is told of one phase.
pub(crate) struct PhaseProfile(&'static PhaseNames);

impl PhaseProfile {
    pub(crate) fn new(name: &'static str) -> Self {
        Self(PHASES.get(name, |phase| {
            let plot = |what: &str, format| {
                let name = Name::leak(&format!("{phase} {what}"));
                calls::set_up_plot(name, format);
                name
            };
            PhaseNames {
                zone: location_here(phase, "frame_arena::ecs::Engine::run_frame"),
                used: plot("used", PlotFormat::Memory),
                reserved: plot("reserved", PlotFormat::Memory),
                high_water: plot("high-water mark", PlotFormat::Memory),
                allocations: plot("allocations", PlotFormat::Number),
                heap_calls: plot("heap calls", PlotFormat::Number),
                budget: plot("budget share", PlotFormat::Percentage),
            }
        }))
    }

    pub(crate) fn zone(&self) -> Zone {
        Zone::at(&self.0.zone)
    }

    /// A point on each plot of the phase, if somebody sees it.
    pub(crate) fn plot(&self, point: impl FnOnce() -> PhasePoint) {
        if is_heard() {
            let (names, point) = (self.0, point());
            calls::plot(names.used, point.used_bytes as f64);
            calls::plot(names.reserved, point.reserved_bytes as f64);
            calls::plot(names.high_water, point.high_water_bytes as f64);
            calls::plot(names.allocations, point.alloc_count as f64);
            calls::plot(names.heap_calls, point.heap_calls as f64);
            calls::plot(names.budget, point.budget_percent);
        }
    }
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
